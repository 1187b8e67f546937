"""Messages from anywhere as they are to travel: split, segments ended by CR alone, bytes that are what MSH-18 says."""

from __future__ import annotations

from include.fusion.errors import InvalidRecord
from include.fusion.hl7.wire.batch_file import read_file
from include.fusion.hl7.wire.escapes import CHARSETS, as_bytes
from include.fusion.hl7.wire.parser import Unreadable, declared_charset, read


def from_text(text: str) -> list[bytes]:
    """Messages of one text, each encoded in the character set of its own MSH-18; raises like :func:`from_file`.

    Without MSH-18 a message is ASCII, as the standard has it: anything else would be a guess about somebody's name.
    """
    return [_checked(_encoded(m)) for m in _separated(text.encode("utf-8", "surrogatepass"))]


def from_file(raw: bytes) -> list[bytes]:
    """Messages of one file: a message, several, MLLP frames, or a batch whose counts match.

    :raises InvalidRecord: a broken envelope, no MSH, no control id, or bytes that are not in the character set of MSH-18.
    """
    return [_checked(m) for m in _separated(raw)]


def _separated(raw: bytes) -> list[bytes]:
    # A line feed in the envelope is as harmless as one between segments: it does not travel.
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
    """What the receiver would not even read, or not know again, does not leave."""
    try:
        read_row = read(message)
    except Unreadable as error:
        raise InvalidRecord("MSH", str(error)) from None
    if not read_row.raw("MSH", 10):
        raise InvalidRecord("MSH-10", "sem número de controle, um reenvio duplicaria a mensagem")
    charset = declared_charset(message)
    if charset in CHARSETS and charset != read_row.charset:
        raise InvalidRecord("MSH-18", f"os bytes não estão em {charset}")
    return message
