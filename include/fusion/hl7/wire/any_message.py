"""Messages from any source, made ready to send: split, segments end in CR only, bytes match MSH-18."""

from __future__ import annotations

from include.fusion.errors import InvalidRecord
from include.fusion.hl7.wire.batch_file import read_file
from include.fusion.hl7.wire.escapes import CHARSETS, as_bytes
from include.fusion.hl7.wire.parser import Unreadable, declared_charset, read


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
