"""A file of messages: one, several, MLLP frames, or a batch (FHS BHS … BTS FTS) with counts that must match.

:func:`from_text` and :func:`from_file` make messages of any source ready to send: segments end in CR only, bytes match MSH-18.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from include.fusion.errors import InvalidRecord
from include.fusion.hl7.wire.escapes import CHARSETS, as_bytes
from include.fusion.hl7.wire.finding import Finding
from include.fusion.hl7.wire.parser import Unreadable, declared_charset, read

_ENVELOPE = re.compile(rb"^(FHS|BHS|BTS|FTS)(.?)", re.DOTALL)
_MSH = re.compile(rb"(?:^|(?<=[\r\n\x0b]))MSH(?=[^A-Za-z0-9\s])")


@dataclass(frozen=True, slots=True)
class BatchFile:
    """``mensagens``: unchanged, each from its MSH on. ``found``: faults of the envelope around them."""

    mensagens: tuple[bytes, ...]
    found: tuple[Finding, ...] = ()


def read_file(raw: bytes) -> BatchFile:
    """Split a file. Envelope segments are taken out; the rest belongs to the message before it."""
    found: list[Finding] = []
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    parts = re.split(rb"(\r\n|\r|\n)", raw.replace(b"\x1c\r", b"\r").replace(b"\x0b", b""))
    lines = [(parts[n], parts[n + 1] if n + 1 < len(parts) else b"") for n in range(0, len(parts), 2)]
    messages: list[bytes] = []
    batches, in_batch, opened = 0, 0, False
    for number, (line, end) in enumerate(lines, 1):
        if envelope := _ENVELOPE.match(line):
            name = envelope[1].decode()
            if end and end != b"\r":
                found.append(Finding("erro", name, "segmento termina em LF; em HL7 só CR (0x0D) termina um segmento", number))
            fields = line.split(envelope[2]) if envelope[2] else [line]
            if name == "BHS":
                if opened:
                    found.append(Finding("erro", "BHS", "lote aberto sem o BTS do anterior", number))
                batches, in_batch, opened = batches + 1, 0, True
            elif name == "BTS":
                found += _counts("BTS-1", "mensagens no lote", fields, in_batch, number)
                opened = False
            elif name == "FTS":
                found += _counts("FTS-1", "lotes no arquivo", fields, batches, number)
        elif _MSH.match(line):
            messages.append(line + end)
            in_batch += 1
        elif messages:
            messages[-1] += line + end
        elif line:
            messages.append(line + end)
    if opened:
        found.append(Finding("erro", "BTS", "o lote (BHS) não tem fim (BTS)"))
    if raw.startswith(b"FHS") and not any(line.startswith(b"FTS") for line, _ in lines):
        found.append(Finding("erro", "FTS", "o arquivo (FHS) não tem fim (FTS)"))
    if not messages and not found:
        found.append(Finding("erro", "arquivo", "nenhuma mensagem: não há segmento MSH"))
    return BatchFile(tuple(m.rstrip(b"\r\n") + _end(m) for m in messages), tuple(found))


def _end(message: bytes) -> bytes:
    """The end of the last segment, once: blank lines after a message are no fault."""
    rest = message[len(message.rstrip(b"\r\n")) :]
    return b"\r\n" if rest.startswith(b"\r\n") else rest[:1]


def _counts(where: str, name: str, fields: list[bytes], counted: int, line: int) -> list[Finding]:
    said = fields[1].strip() if len(fields) > 1 else b""
    if not said:
        return []
    if not said.isdigit() or int(said) != counted:
        return [Finding("erro", where, f"{name}: a contagem não confere, há {counted}", line)]
    return []


def from_text(text: str) -> list[bytes]:
    """Messages of one text, each encoded as its MSH-18 says (ASCII without MSH-18, as in the standard); raises like :func:`from_file`."""
    return [_checked(_encoded(m)) for m in _separated(text.encode("utf-8", "surrogatepass"))]


def from_file(raw: bytes) -> list[bytes]:
    """Messages of one file: one, several, MLLP frames, or a batch with correct counts.

    :raises InvalidRecord: a broken envelope, no MSH, no control id, or bytes outside the character set of MSH-18.
    """
    return [_checked(m) for m in _separated(raw)]


def _separated(raw: bytes) -> list[bytes]:
    # Line feeds do no harm, in the envelope or between segments: they are not sent.
    file = read_file(raw.replace(b"\r\n", b"\r").replace(b"\n", b"\r"))
    for match in file.found:
        raise InvalidRecord(match.where, match.texto)
    return [b"\r".join(filter(None, m.split(b"\r"))) + b"\r" for m in file.mensagens]


def _encoded(message: bytes) -> bytes:
    charset = declared_charset(message) or "ASCII"
    if charset not in CHARSETS:
        raise InvalidRecord("MSH-18", f"charset desconhecido; conhecidos: {', '.join(CHARSETS)}")
    return as_bytes(message.decode("utf-8", "surrogatepass"), charset)


def _checked(message: bytes) -> bytes:
    """Refuse what the receiver could not read, or not recognise when it comes again."""
    try:
        parsed = read(message)
    except Unreadable as error:
        raise InvalidRecord("MSH", str(error)) from None
    if not parsed.raw("MSH", 10):
        raise InvalidRecord("MSH-10", "sem número de controle, um reenvio duplicaria a mensagem")
    charset = declared_charset(message)
    if charset in CHARSETS and charset != parsed.charset:
        raise InvalidRecord("MSH-18", f"os bytes não estão em {charset}")
    return message
