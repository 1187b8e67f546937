"""Just enough HL7 v2 to receive: delimiters from MSH, required fields, and the acknowledgement."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

VERSIONS = frozenset({"2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.7"})
KINDS = frozenset({"ADT", "ORU", "OUL", "ORM", "MDM", "RDE", "RAS", "SIU", "VXU"})
_REQUIRED = {7: "data e hora", 9: "tipo", 10: "controle", 11: "processamento", 12: "versão"}
_ENCODINGS = {"8859/1": "iso-8859-1", "UNICODE UTF-8": "utf-8", "UNICODE": "utf-8", "ASCII": "ascii", "": "utf-8"}


class Hl7Error(Exception):
    """``code`` is AE (wrong data) or AR (wrong kind of message); ``condition`` comes from table 0357."""

    def __init__(self, code: str, condition: int, text: str) -> None:
        super().__init__(text)
        self.codigo = code
        self.condition = condition
        self.texto = text


@dataclass(frozen=True)
class Message:
    """A received message; ``fields(segmento)`` counts as HL7 does, so MSH-10 is ``campos("MSH")[10]``."""

    texto: str
    segments: dict[str, list[str]]

    def field(self, segment: str, number: int) -> str:
        fields = self.segments.get(segment, [])
        return fields[number] if len(fields) > number else ""

    def component(self, segment: str, number: int) -> str:
        """First component of the first repetition."""
        msh2 = self.segments["MSH"][2]
        return self.field(segment, number).split(msh2[1:2] or "~")[0].split(msh2[0])[0]


def _fields(line: str, separator: str) -> list[str]:
    parts = line.split(separator)
    # MSH-1 is the separator itself, so its fields stand one place further.
    return [parts[0], separator, *parts[1:]] if parts[0] == "MSH" else parts


def _text(raw: bytes) -> str:
    # MSH-18 says how to read the bytes, MSH itself is ASCII up to there in practice.
    first = raw.split(b"\r", 1)[0].decode("latin-1").split("|")
    declared = first[17].split("~")[0] if len(first) > 17 else ""
    if declared not in _ENCODINGS:
        raise Hl7Error("AR", 103, "MSH-18: conjunto de caracteres desconhecido")
    try:
        return raw.decode(_ENCODINGS[declared])
    except UnicodeDecodeError:
        raise Hl7Error("AE", 102, "texto não está no conjunto de caracteres de MSH-18") from None


def read(raw: bytes) -> Message:
    """Parse one message, with or without its MLLP frame. Only CR ends a segment.

    :raises Erro: with the acknowledgement code it deserves.
    """
    raw = raw.removeprefix(b"\x0b").removesuffix(b"\r").removesuffix(b"\x1c").removesuffix(b"\r")
    if not raw.startswith(b"MSH") or len(raw) < 9 or b"\n" in raw or b"\x00" in raw:
        raise Hl7Error("AR", 100, "mensagem não começa por MSH ou segmentos não terminam em CR")
    text = _text(raw)
    segments: dict[str, list[str]] = {}
    for line in text.split("\r"):
        if line:
            segments.setdefault(line[:3], _fields(line, text[3]))
    return Message(text, segments)


def check(m: Message) -> None:
    """:raises Erro: when a field that every message needs is missing or names something Fusion has no layout for."""
    for number, name in _REQUIRED.items():
        if not m.field("MSH", number):
            raise Hl7Error("AE", 101, f"MSH-{number} ({name}) ausente")
    if m.component("MSH", 12) not in VERSIONS:
        raise Hl7Error("AR", 203, "MSH-12: versão sem layout")
    if m.component("MSH", 11) not in {"P", "T", "D"}:
        raise Hl7Error("AR", 202, "MSH-11: processamento desconhecido")
    if m.component("MSH", 9) not in KINDS:
        raise Hl7Error("AR", 200, "MSH-9: tipo sem layout")
    if m.component("MSH", 9) == "ADT" and not (m.field("PID", 3) and m.field("PID", 5)):
        raise Hl7Error("AE", 101, "PID-3 ou PID-5 ausente")


def row(m: Message, received_at: datetime) -> dict[str, object]:
    """Columns of table ``mensagem_hl7``."""
    return {
        "remetente": m.component("MSH", 3),
        "controle": m.field("MSH", 10),
        "tipo": m.field("MSH", 9),
        "versao": m.component("MSH", 12),
        "codigo_paciente": m.component("PID", 3) or None,
        "codigo_atendimento": m.component("PV1", 19) or None,
        "corpo": m.texto,
        "hash_conteudo": hashlib.sha256(m.texto.encode()).hexdigest(),
        "recebido_em": received_at,
    }


def ack(m: Message | None, code: str, error: Hl7Error | None = None) -> str:
    """ACK in 2.4, sender and receiver swapped; MSA-2 repeats MSH-10 where it was readable."""
    now = datetime.now(UTC).strftime("%Y%m%d%H%M%S+0000")
    control_id = m.field("MSH", 10) if m else ""
    destination = f"{m.field('MSH', 3)}|{m.field('MSH', 4)}" if m else "|"
    version = m.component("MSH", 12) if m and m.component("MSH", 12) in VERSIONS else "2.4"
    suffix = hashlib.sha256(f"{control_id}{now}".encode()).hexdigest()[:12]
    segments = [f"MSH|^~\\&|FUSION|FUSION|{destination}|{now}||ACK|F{suffix}|P|{version}", f"MSA|{code}|{control_id}"]
    if error is not None:
        segments[1] += f"|{error.texto}"
        segments.append(f"ERR|^^^{error.condition}")
    return "\r".join(segments) + "\r"
