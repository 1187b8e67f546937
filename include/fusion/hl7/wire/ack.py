"""What the receiver answers: MSA and ERR, and what each answer means for the record.

AA and CA: taken. AE and CE: this message's data is wrong, so it goes to ``erro``. AR and CR: worth trying again, whether the receiver was in
trouble (0357: 206, 207) or refuses the kind of message, which somebody has to configure. Reasons hold codes of table 0357 and positions,
never a text of the receiver's, which may quote the patient.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from include.fusion.errors import FusionError, FusionIndisponivel
from include.fusion.hl7.wire.parser import Ilegivel, Mensagem, ler

CONDICOES = {
    0: "aceita", 100: "ordem dos segmentos", 101: "campo obrigatório ausente", 102: "tipo de dado inválido", 103: "valor fora da tabela",
    200: "tipo de mensagem não suportado", 201: "evento não suportado", 202: "processamento (MSH-11) não suportado", 203: "versão não suportada",
    204: "identificador desconhecido", 205: "identificador duplicado", 206: "registro bloqueado no destino", 207: "falha interna do destino",
}  # fmt: skip
"""Table 0357."""
_PASSAM = frozenset({206, 207})
_ACEITAM, _RECUSAM, _REJEITAM = frozenset({"AA", "CA"}), frozenset({"AE", "CE"}), frozenset({"AR", "CR"})
_SEGMENTO = re.compile(r"[A-Z][A-Z0-9]{2}")


class Hl7Recusada(FusionError):
    """AE or CE: the data of this one message; sending it again changes nothing."""

    def __init__(self, motivo: str) -> None:
        super().__init__(200, "HL7")
        self.args = (f"Fusion recusou a mensagem HL7: {motivo}",)


class Hl7Rejeitada(FusionIndisponivel):
    """AR or CR: ``configuracao`` when somebody has to change a setting (here or in Fusion) before it can pass."""

    def __init__(self, motivo: str, configuracao: bool) -> None:
        super().__init__(200, "HL7")
        self.configuracao = configuracao
        conselho = "; confira versão, charset, MSH-3 e os layouts da integração" if configuracao else ""
        self.args = (f"Fusion rejeitou a mensagem HL7: {motivo}{conselho}",)


class Hl7SemResposta(FusionIndisponivel):
    """No answer in time, a broken connection, or an answer that is none; ``detalhe`` says which, in fixed words."""

    def __init__(self, detalhe: str) -> None:
        super().__init__(0, "HL7")
        self.args = (f"Fusion indisponível em HL7: {detalhe}",)


@dataclass(frozen=True, slots=True)
class Ack:
    """``codigo`` is MSA-1, ``controle`` MSA-2; ``condicao`` (table 0357) and ``local`` (``PID-5``) from ERR, where it says so."""

    codigo: str
    controle: str
    condicao: int | None = None
    local: str | None = None

    @property
    def aceita(self) -> bool:
        return self.codigo in _ACEITAM

    @property
    def motivo(self) -> str:
        """Codes in words: ``AE 101 (campo obrigatório ausente) em PID-5``."""
        condicao = "" if self.condicao is None else f" {self.condicao} ({CONDICOES.get(self.condicao, 'código do destino')})"
        return f"{self.codigo}{condicao}" + (f" em {self.local}" if self.local else "")

    def conferir(self) -> None:
        """Return when accepted; :raises Hl7Recusada, Hl7Rejeitada: as the code says."""
        if self.codigo in _RECUSAM:
            raise Hl7Recusada(self.motivo)
        if self.codigo in _REJEITAM:
            raise Hl7Rejeitada(self.motivo, configuracao=self.condicao not in _PASSAM)


def ler_ack(bruto: bytes, controle: str | None = None) -> Ack:
    """Read an acknowledgement; with ``controle`` it must be the answer to that message.

    :raises Hl7SemResposta: what came is no acknowledgement, or one of another message: nobody knows what became of ours.
    """
    try:
        m = ler(bruto.strip(b"\r\n\x0b\x1c") + b"\r")
    except (Ilegivel, IndexError):
        raise Hl7SemResposta("a resposta não é HL7") from None
    codigo, recebido = str(m.valor("MSA", 1)), str(m.valor("MSA", 2))
    if codigo not in _ACEITAM | _RECUSAM | _REJEITAM:
        raise Hl7SemResposta("a resposta não tem MSA-1 conhecido")
    # A receiver that could not read MSH has no control id to repeat; with an error code the answer is still ours.
    if controle is not None and recebido != controle and (recebido or codigo in _ACEITAM):
        raise Hl7SemResposta("a resposta é de outra mensagem (MSA-2)")
    condicao, local = _erro(m)
    return Ack(codigo, recebido, condicao, local)


def _erro(m: Mensagem) -> tuple[int | None, str | None]:
    """Condition and place: ERR-1 (ELD) in 2.4, ERR-2 (ERL) and ERR-3 from 2.5 on, MSA-6 where there is no ERR."""
    eld, erl = m.bruto("ERR", 1), m.bruto("ERR", 2)
    codigo = str(m.valor("ERR", 3)) or str(m.parte(eld, 4)) or str(m.valor("MSA", 6))
    condicao = int(codigo) if re.fullmatch("[0-9]{1,3}", codigo) else None
    segmento, campo = (m.parte(erl, 1), m.parte(erl, 3)) if erl else (m.parte(eld, 1), m.parte(eld, 3))
    # Only what can be a position is kept: it ends up in a reason.
    if not _SEGMENTO.fullmatch(str(segmento)):
        return condicao, None
    return condicao, f"{segmento}-{campo}" if re.fullmatch("[0-9]{1,3}", str(campo)) else str(segmento)
