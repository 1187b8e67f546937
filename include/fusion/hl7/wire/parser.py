"""Reads HL7 v2 of any sender: any delimiters, the character set of MSH-18; frames and stray line feeds are accepted and reported."""

from __future__ import annotations

from dataclasses import dataclass, field

from include.fusion.hl7.wire.escapes import CHARSETS, DELETE, NULL, USUAL, Delete, Delimiters, decode


class Unreadable(Exception):
    """The bytes are no HL7 message. The text says why, without quoting them."""


@dataclass(frozen=True, slots=True)
class Segment:
    """``fields[n]`` is field n, still escaped; field 1 of MSH is the separator. ``line`` counts from 1."""

    nome: str
    fields: tuple[str, ...]
    line: int

    def field(self, number: int) -> str:
        """The field, or an empty text beyond the last."""
        return self.fields[number] if number < len(self.fields) else ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as its segments. ``avisos``: faults of the bytes that did not prevent reading."""

    segments: tuple[Segment, ...]
    delimiters: Delimiters = USUAL
    charset: str = ""
    avisos: tuple[str, ...] = field(default=())

    @property
    def codec(self) -> str:
        return CHARSETS.get(self.charset, "utf-8")

    def of(self, name: str) -> tuple[Segment, ...]:
        """Every segment of this name, in order."""
        return tuple(s for s in self.segments if s.nome == name)

    def raw(self, name: str, number: int) -> str:
        """Field of the first segment of this name, still escaped; empty without one."""
        return next((s.field(number) for s in self.segments if s.nome == name), "")

    def valor(self, name: str, number: int, component: int = 1, repetition: int = 1, subcomponent: int = 1) -> str | Delete:
        """One value, decoded; numbers count from 1. ``DELETE`` for ``""``."""
        return self.part(self.raw(name, number), component, repetition, subcomponent)

    def part(self, raw: str, component: int = 1, repetition: int = 1, subcomponent: int = 1) -> str | Delete:
        """Like :meth:`valor`, of a field that :meth:`raw` gave."""
        d = self.delimiters
        value = raw
        for separator, position in ((d.repetition, repetition), (d.component, component), (d.subcomponent, subcomponent)):
            parts = value.split(separator)
            value = parts[position - 1] if position <= len(parts) else ""
        return DELETE if value == NULL else decode(value, d, self.codec)

    def texto(self, raw: str) -> str:
        """A whole field as one text, repetitions as lines: for TX and FT."""
        return "\n".join(decode(r, self.delimiters, self.codec) for r in raw.split(self.delimiters.repetition))


def unframed(raw: bytes) -> bytes:
    """Without its MLLP frame, if it has one."""
    return raw.removeprefix(b"\x0b").removesuffix(b"\r").removesuffix(b"\x1c") if raw.startswith(b"\x0b") else raw


def declared_charset(raw: bytes) -> str:
    """First value of MSH-18, or empty. ``raw`` starts with MSH and its separator."""
    fields = raw.split(b"\r", 1)[0].split(b"\n", 1)[0].split(raw[3:4])
    return fields[17].split(b"~")[0].decode("ascii", "replace") if len(fields) > 17 else ""


def decode_bytes(raw: bytes, charset: str | None = None) -> tuple[str, str, list[str]]:
    """(text, character set used, faults). ``charset`` takes precedence over MSH-18. Without both: UTF-8 if possible, else 8859/1."""
    declared = declared_charset(raw)
    name, warnings = charset or declared, []
    if charset and declared and charset != declared:
        warnings.append("MSH-18 (charset): difere do charset pedido na conferência")
    if name and name not in CHARSETS:
        warnings.append("MSH-18 (charset): valor desconhecido; conhecidos: " + ", ".join(CHARSETS))
        name = ""
    for attempt in [name] if name else ["ASCII", "UNICODE UTF-8"]:
        try:
            text = raw.decode(CHARSETS[attempt])
        except UnicodeDecodeError as error:
            if name:
                warnings.append(f"MSH-18 (charset): os bytes não estão em {name} (primeiro byte estranho na posição {error.start})")
        else:
            if not name and attempt != "ASCII":
                warnings.append("MSH-18 (charset): vazio, mas há caracteres fora do ASCII; os bytes parecem UTF-8")
            return text, attempt, warnings
    if not name:
        warnings.append("MSH-18 (charset): vazio, mas há caracteres fora do ASCII; os bytes não são UTF-8")
    return raw.decode("iso-8859-1"), "8859/1", warnings


def read(raw: bytes, charset: str | None = None) -> Message:
    """Parse one message. Segments that end in LF or CR LF are read and reported. :raises Unreadable: no MSH with delimiters at the start."""
    raw = unframed(raw)
    if raw[:3] != b"MSH" or len(raw) < 8:
        raise Unreadable("não começa por um segmento MSH com os delimitadores")
    text, used, warnings = decode_bytes(raw, charset)
    delimiters = _delimiters(text)
    if "\n" in text:
        warnings.append("fim de segmento: há LF (0x0A) na mensagem; em HL7 só CR (0x0D) termina um segmento")
        text = text.replace("\r\n", "\r").replace("\n", "\r")
    elif not text.endswith("\r"):
        warnings.append("fim de segmento: o último segmento não termina em CR (0x0D)")
    segments = []
    for line, content in enumerate(text.split("\r"), 1):
        if content:
            fields = content.split(delimiters.field)
            if fields[0] == "MSH":
                # MSH-1 is the separator itself: the other fields are one position later.
                fields.insert(1, delimiters.field)
            segments.append(Segment(fields[0], tuple(fields), line))
    return Message(tuple(segments), delimiters, used, tuple(warnings))


def _delimiters(text: str) -> Delimiters:
    field = text[3]
    others = text[4:9].split(field)[0].split("\r")[0]
    if len(others) < 2 or len({field, *others}) != len(others) + 1:
        raise Unreadable("MSH-2: delimitadores ausentes ou repetidos")
    # No fourth character: no subcomponents. No third: no escapes either.
    return Delimiters(field, *(others[n] if n < len(others) else "\x00" for n in range(4)))
