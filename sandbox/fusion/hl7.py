"""Just enough HL7 v2 to receive: delimiters from MSH, required fields, and the acknowledgement."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

VERSOES = frozenset({"2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.7"})
TIPOS = frozenset({"ADT", "ORU", "OUL", "ORM", "MDM", "RDE", "RAS", "SIU", "VXU"})
_OBRIGATORIOS = {7: "data e hora", 9: "tipo", 10: "controle", 11: "processamento", 12: "versão"}
_CODIFICACOES = {"8859/1": "iso-8859-1", "UNICODE UTF-8": "utf-8", "UNICODE": "utf-8", "ASCII": "ascii", "": "utf-8"}


class Erro(Exception):
    """``codigo`` is AE (wrong data) or AR (wrong kind of message); ``condicao`` comes from table 0357."""

    def __init__(self, codigo: str, condicao: int, texto: str) -> None:
        super().__init__(texto)
        self.codigo = codigo
        self.condicao = condicao
        self.texto = texto


@dataclass(frozen=True)
class Mensagem:
    """A received message; ``campos(segmento)`` counts as HL7 does, so MSH-10 is ``campos("MSH")[10]``."""

    texto: str
    segmentos: dict[str, list[str]]

    def campo(self, segmento: str, numero: int) -> str:
        campos = self.segmentos.get(segmento, [])
        return campos[numero] if len(campos) > numero else ""

    def componente(self, segmento: str, numero: int) -> str:
        """First component of the first repetition."""
        msh2 = self.segmentos["MSH"][2]
        return self.campo(segmento, numero).split(msh2[1:2] or "~")[0].split(msh2[0])[0]


def _campos(linha: str, separador: str) -> list[str]:
    partes = linha.split(separador)
    # MSH-1 is the separator itself, so its fields stand one place further.
    return [partes[0], separador, *partes[1:]] if partes[0] == "MSH" else partes


def _texto(bruto: bytes) -> str:
    # MSH-18 says how to read the bytes, MSH itself is ASCII up to there in practice.
    primeira = bruto.split(b"\r", 1)[0].decode("latin-1").split("|")
    declarada = primeira[17].split("~")[0] if len(primeira) > 17 else ""
    if declarada not in _CODIFICACOES:
        raise Erro("AR", 103, "MSH-18: conjunto de caracteres desconhecido")
    try:
        return bruto.decode(_CODIFICACOES[declarada])
    except UnicodeDecodeError:
        raise Erro("AE", 102, "texto não está no conjunto de caracteres de MSH-18") from None


def ler(bruto: bytes) -> Mensagem:
    """Parse one message, with or without its MLLP frame. Only CR ends a segment.

    :raises Erro: with the acknowledgement code it deserves.
    """
    bruto = bruto.removeprefix(b"\x0b").removesuffix(b"\r").removesuffix(b"\x1c").removesuffix(b"\r")
    if not bruto.startswith(b"MSH") or len(bruto) < 9 or b"\n" in bruto or b"\x00" in bruto:
        raise Erro("AR", 100, "mensagem não começa por MSH ou segmentos não terminam em CR")
    texto = _texto(bruto)
    segmentos: dict[str, list[str]] = {}
    for linha in texto.split("\r"):
        if linha:
            segmentos.setdefault(linha[:3], _campos(linha, texto[3]))
    return Mensagem(texto, segmentos)


def conferir(m: Mensagem) -> None:
    """:raises Erro: when a field that every message needs is missing or names something Fusion has no layout for."""
    for numero, nome in _OBRIGATORIOS.items():
        if not m.campo("MSH", numero):
            raise Erro("AE", 101, f"MSH-{numero} ({nome}) ausente")
    if m.componente("MSH", 12) not in VERSOES:
        raise Erro("AR", 203, "MSH-12: versão sem layout")
    if m.componente("MSH", 11) not in {"P", "T", "D"}:
        raise Erro("AR", 202, "MSH-11: processamento desconhecido")
    if m.componente("MSH", 9) not in TIPOS:
        raise Erro("AR", 200, "MSH-9: tipo sem layout")
    if m.componente("MSH", 9) == "ADT" and not (m.campo("PID", 3) and m.campo("PID", 5)):
        raise Erro("AE", 101, "PID-3 ou PID-5 ausente")


def linha(m: Mensagem, recebido_em: datetime) -> dict[str, object]:
    """Columns of table ``mensagem_hl7``."""
    return {
        "remetente": m.componente("MSH", 3),
        "controle": m.campo("MSH", 10),
        "tipo": m.campo("MSH", 9),
        "versao": m.componente("MSH", 12),
        "codigo_paciente": m.componente("PID", 3) or None,
        "codigo_atendimento": m.componente("PV1", 19) or None,
        "corpo": m.texto,
        "hash_conteudo": hashlib.sha256(m.texto.encode()).hexdigest(),
        "recebido_em": recebido_em,
    }


def ack(m: Mensagem | None, codigo: str, erro: Erro | None = None) -> str:
    """ACK in 2.4, sender and receiver swapped; MSA-2 repeats MSH-10 where it was readable."""
    agora = datetime.now(UTC).strftime("%Y%m%d%H%M%S+0000")
    controle = m.campo("MSH", 10) if m else ""
    destino = f"{m.campo('MSH', 3)}|{m.campo('MSH', 4)}" if m else "|"
    versao = m.componente("MSH", 12) if m and m.componente("MSH", 12) in VERSOES else "2.4"
    sufixo = hashlib.sha256(f"{controle}{agora}".encode()).hexdigest()[:12]
    segmentos = [f"MSH|^~\\&|FUSION|FUSION|{destino}|{agora}||ACK|F{sufixo}|P|{versao}", f"MSA|{codigo}|{controle}"]
    if erro is not None:
        segmentos[1] += f"|{erro.texto}"
        segmentos.append(f"ERR|^^^{erro.condicao}")
    return "\r".join(segmentos) + "\r"
