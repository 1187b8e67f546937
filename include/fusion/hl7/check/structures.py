"""Message structures as the standard writes them, and a matcher that says where a message leaves its structure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

_ADT_INICIO = "MSH SFT* EVN PID PD1? ROL*"
_SEGUROS = "GT1* (IN1 IN2? IN3* ROL*)* ACC?"
_ADT_A05 = f"{_ADT_INICIO} NK1* PV1 PV2? ROL* DB1* OBX* AL1* DG1* DRG? (PR1 ROL*)* {_SEGUROS} UB1? UB2?"
_PACIENTE_RDE = "(PID PD1? NTE* (PV1 PV2?)? (IN1 IN2? IN3?)* GT1? AL1*)?"
_RECURSOS = "(RGS (AIS NTE*)* (AIG NTE*)* (AIL NTE*)* (AIP NTE*)*)+"
_2_4 = {
    "ADT_A01": f"{_ADT_A05} PDA?",
    "ADT_A02": f"{_ADT_INICIO} PV1 PV2? ROL* DB1* OBX* PDA?",
    "ADT_A03": f"{_ADT_INICIO} PV1 PV2? ROL* DB1* DG1* DRG? (PR1 ROL*)* OBX* PDA?",
    "ADT_A05": _ADT_A05,
    "ADT_A09": "MSH EVN PID PD1? PV1 PV2? DB1* OBX* DG1*",
    "ADT_A39": "MSH EVN (PID PD1? MRG PV1?)+",
    "ADT_A60": "MSH EVN PID PV1? PV2? IAM*",
    "MDM_T02": "MSH EVN PID PV1 TXA OBX+",
    "ORU_R01": "MSH ((PID PD1? NK1* NTE* (PV1 PV2?)?)? (ORC? OBR NTE* CTD? (OBX? NTE*)+ FT1* CTI*)+)+ DSC?",
    "RDE_O11": f"MSH NTE* {_PACIENTE_RDE} (ORC (RXO NTE* RXR+ (RXC+ NTE*)?)? RXE RXR+ RXC* (OBX NTE*)* CTI*)+",
    "SIU_S12": f"MSH SCH NTE* (PID PD1? PV1? PV2? OBX* DG1*)* {_RECURSOS}",
    "ACK": "MSH MSA ERR?",
}
_2_5_1 = {
    **_2_4,
    "ADT_A03": f"{_ADT_INICIO} NK1* PV1 PV2? ROL* DB1* AL1* DG1* DRG? (PR1 ROL*)* OBX* {_SEGUROS} PDA?",
    "ADT_A09": "MSH SFT* EVN PID PD1? PV1 PV2? DB1* OBX* DG1*",
    "ADT_A39": "MSH SFT* EVN (PID PD1? MRG PV1?)+",
    "ADT_A60": "MSH SFT* EVN PID PV1? PV2? IAM*",
    "MDM_T02": "MSH SFT* EVN PID PV1 (ORC (TQ1 TQ2*)* OBR NTE*)* TXA (OBX NTE*)+",
    "ORU_R01": "MSH SFT* ((PID PD1? NTE* NK1* (PV1 PV2?)?)? (ORC? OBR NTE* (TQ1 TQ2*)* CTD? (OBX NTE*)* FT1* CTI* (SPM OBX*)*)+)+ DSC?",
    "RDE_O11": f"MSH SFT* NTE* {_PACIENTE_RDE} (ORC (TQ1 TQ2*)* (RXO NTE* RXR+ (RXC NTE*)*)? RXE NTE* (TQ1 TQ2*)+ RXR+ RXC* (OBX NTE*)* FT1* BLG? CTI*)+",
    "SIU_S12": f"MSH SCH TQ1* NTE* (PID PD1? PV1? PV2? OBX* DG1*)* {_RECURSOS}",
    "ACK": "MSH SFT* MSA ERR*",
}
ESTRUTURAS = {
    "2.4": {nome: padrao.replace(" SFT*", "") for nome, padrao in _2_4.items()},
    "2.5.1": _2_5_1,
    "2.7": {nome: padrao.replace("MSH SFT*", "MSH SFT* UAC?") for nome, padrao in _2_5_1.items()},
}
"""Version → structure → segments: ``?`` at most one, ``*`` any number, ``+`` at least one, parentheses a group.
Of 2.7 the segments that we neither send nor know (ARV, PRT, CON, IAR) are left out."""
SEGMENTOS = frozenset(
    nome for padroes in ESTRUTURAS.values() for padrao in padroes.values() for nome in re.findall("[A-Z][A-Z0-9]{2}", padrao)
)
"""Every name that occurs in them."""
EVENTOS = {
    "ADT": {"A01": "ADT_A01", "A02": "ADT_A02", "A03": "ADT_A03", "A04": "ADT_A01", "A08": "ADT_A01", "A11": "ADT_A09", "A13": "ADT_A01",
            "A31": "ADT_A05", "A40": "ADT_A39", "A60": "ADT_A60"},
    "ORU": {"R01": "ORU_R01"}, "MDM": {"T02": "MDM_T02"}, "RDE": {"O11": "RDE_O11"},
    "SIU": dict.fromkeys(("S12", "S13", "S14", "S15", "S26"), "SIU_S12"),
}  # fmt: skip
"""Type → event → structure, of what this project sends."""


@dataclass(frozen=True, slots=True)
class _No:
    """A segment name or a group, with how often it may occur."""

    nome: str = ""
    filhos: tuple[_No, ...] = ()
    minimo: int = 1
    maximo: int | None = 1


@cache
def _arvore(padrao: str) -> _No:
    pilha: list[list[_No]] = [[]]
    for parte, sinal in re.findall(r"(\(|\)|[A-Z][A-Z0-9]{2})([?*+]?)", padrao):
        if parte == "(":
            pilha.append([])
            continue
        minimo, maximo = {"": (1, 1), "?": (0, 1), "*": (0, None), "+": (1, None)}[sinal]
        no = _No("", tuple(pilha.pop()), minimo, maximo) if parte == ")" else _No(parte, (), minimo, maximo)
        pilha[-1].append(no)
    return _No("", tuple(pilha[0]))


@dataclass(slots=True)
class _Busca:
    """``ate``: furthest segment reached; ``esperados``: what could have stood there."""

    nomes: Sequence[str]
    ate: int = 0
    esperados: set[str] = field(default_factory=set)

    def casar(self, no: _No, inicio: int) -> set[int]:
        """Positions at which ``no`` may end when it begins at ``inicio``."""
        fins = {inicio} if no.minimo == 0 else set()
        atuais, vezes = {inicio}, 0
        while atuais and (no.maximo is None or vezes < no.maximo):
            # Only what moved on counts as another occurrence: a group whose parts are all optional would go on for ever.
            novos = {f for a in atuais for f in self._uma(no, a) if f > a or vezes < no.minimo}
            vezes += 1
            atuais = novos - fins
            if vezes >= no.minimo:
                fins |= novos
        return fins

    def _uma(self, no: _No, inicio: int) -> set[int]:
        if no.nome:
            if inicio < len(self.nomes) and self.nomes[inicio] == no.nome:
                return {inicio + 1}
            self._anotar(inicio, no.nome)
            return set()
        posicoes = {inicio}
        for filho in no.filhos:
            posicoes = {f for p in posicoes for f in self.casar(filho, p)}
        return posicoes

    def _anotar(self, posicao: int, nome: str) -> None:
        if posicao > self.ate:
            self.ate, self.esperados = posicao, set()
        if posicao == self.ate:
            self.esperados.add(nome)


def onde_sai(padrao: str, nomes: Sequence[str]) -> tuple[int, list[str]] | None:
    """``None`` when the segments fit; else the position (from 0) of the first that does not, and what could stand there.

    The position is ``len(nomes)`` when something is missing at the end. An unknown Z segment fits anywhere.
    """
    conhecidos = [(n, nome) for n, nome in enumerate(nomes) if not nome.startswith("Z")]
    busca = _Busca([nome for _, nome in conhecidos])
    if len(conhecidos) in busca.casar(_arvore(padrao), 0):
        return None
    posicao = conhecidos[busca.ate][0] if busca.ate < len(conhecidos) else len(nomes)
    return posicao, sorted(busca.esperados)
