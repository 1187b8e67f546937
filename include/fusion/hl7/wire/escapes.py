"""Text inside HL7: escapes, the delete marker, character sets. Encoding and decoding are exact inverses.

A line feed becomes ``\\.br\\``, another control character ``\\Xhh\\``. The text ``""`` is written in hex: two bare quotes mean "delete the
value". A character outside the character set is an error with field and code point; :func:`approximate` can replace typographic signs.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from include.fusion.errors import InvalidRecord


class Delete:
    """The value ``""``: the receiver deletes its value. An empty field changes nothing."""

    def __repr__(self) -> str:
        return "APAGAR"


DELETE: Final = Delete()
NULL = '""'
CHARSETS: Final = {
    "8859/1": "iso-8859-1", "8859/2": "iso-8859-2", "8859/3": "iso-8859-3", "8859/4": "iso-8859-4", "8859/5": "iso-8859-5",
    "8859/6": "iso-8859-6", "8859/7": "iso-8859-7", "8859/8": "iso-8859-8", "8859/9": "iso-8859-9", "8859/15": "iso-8859-15",
    "ASCII": "ascii", "UNICODE": "utf-8", "UNICODE UTF-8": "utf-8",
}  # fmt: skip
"""MSH-18 (table 0211) → Python codec. ``UNICODE UTF-8`` exists since 2.5.1; ``UNICODE`` is read as UTF-8 and never written."""
_ESCAPES = (("\\", "\\E\\"), ("|", "\\F\\"), ("^", "\\S\\"), ("&", "\\T\\"), ("~", "\\R\\"), ("\n", "\\.br\\"))
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_SPECIAL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\\|^&~]")
_SEQUENCE = re.compile(r"\\([^\\\r]*)\\")
_BREAK = re.compile(r"\.(?:br|sp([0-9]*))")
_TYPOGRAPHIC = str.maketrans({
    "‘": "'", "’": "'", "‚": "'", "′": "'", "“": '"', "”": '"', "„": '"', "″": '"', "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-",
    "•": "-", "…": "...", "→": "->", "←": "<-", "≥": ">=", "≤": "<=", "≠": "<>", "≈": "~", "∆": "delta ", "Δ": "delta ", "↑": "(aumentado) ",
    "↓": "(diminuido) ", "€": "EUR", "™": "(TM)", "œ": "oe", "Œ": "OE", "\u2003": " ", "\u2009": " ", "\u202f": " ", "\u200b": "", "\ufeff": "",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delimiters:
    """Of one message, from MSH-1 and MSH-2. Our own messages have the usual ``|^~\\&``."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"


USUAL: Final = Delimiters()


def encode(text: str) -> str:
    """Escape one value, the escape character first. :func:`decode` gives back exactly ``text``."""
    if text == NULL:
        return "\\X22\\\\X22\\"
    # Nearly every value has nothing to escape.
    if not _SPECIAL.search(text):
        return text
    for character, escape in _ESCAPES:
        if character in text:
            text = text.replace(character, escape)
    return _CONTROL.sub(lambda c: f"\\X{ord(c[0]):02X}\\", text)


def decode(value: str, delimiters: Delimiters = USUAL, codec: str = "utf-8") -> str:
    """Undo :func:`encode`. ``codec``: of the bytes in ``\\X..\\``. Highlighting is dropped; an unknown sequence stays."""
    if delimiters.escape != "\\":
        value = value.replace(delimiters.escape, "\\")
    if "\\" not in value:
        return value
    letters = {"F": delimiters.field, "S": delimiters.component, "T": delimiters.subcomponent, "R": delimiters.repetition,
              "E": delimiters.escape, "H": "", "N": ""}  # fmt: skip

    def replace_match(match: re.Match[str]) -> str:
        sequence = match[1]
        if sequence in letters:
            return letters[sequence]
        if line_break := _BREAK.fullmatch(sequence):
            return "\n" * min(int(line_break[1] or 1), 100)
        if sequence[:1] == "X":
            try:
                return bytes.fromhex(sequence[1:]).decode(codec)
            except ValueError:
                return match[0]
        return match[0]

    return _SEQUENCE.sub(replace_match, value)


def normal_lines(text: str) -> str:
    """CR LF and CR become LF: one line break is sent as one."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def as_bytes(message: str, charset: str) -> bytes:
    """The bytes of a message. :raises InvalidRecord: a character outside ``charset``, named by field and code point."""
    try:
        return message.encode(CHARSETS[charset])
    except UnicodeEncodeError as error:
        where = _field_at(message, error.start)
        raise InvalidRecord(where, f"caractere U+{ord(message[error.start]):04X} não existe no charset {charset}") from None


def _field_at(message: str, position: int) -> str:
    start = message.rfind("\r", 0, position) + 1
    name = message[start : start + 3]
    return f"{name}-{message.count('|', start, position) + (name == 'MSH')}"


def approximate(text: str, charset: str) -> str:
    """Replace characters outside ``charset`` by plain ones (quotes, dashes, ``>=``, letters without accent).

    A character without a plain form stays, and :func:`as_bytes` refuses it.
    """
    codec = CHARSETS[charset]
    if _fits(text, codec):
        return text
    text = unicodedata.normalize("NFC", text)
    return "".join(c if _fits(c, codec) else _plain(c, codec) for c in text)


def _plain(character: str, codec: str) -> str:
    candidate = character.translate(_TYPOGRAPHIC)
    if candidate != character:
        return candidate
    base = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return base if _fits(base, codec) and base.strip() else character


def _fits(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
