"""Keys of records: the text that a queue or a form holds, in the type of the source's key column.

``int`` alone would also take ``1_000``, ``٣``, signs and blanks, and so answer for another record than the one that was asked for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

KeyType = Callable[[str], Any]
"""Text of a key → its value. Raises ``ValueError`` when the text is no key."""

_INTEGER_MAX = 2**31 - 1
_BIGINT_MAX = 2**63 - 1
_WRONG = "not a key of this system"


@dataclass(frozen=True)
class IntegerKey:
    """A whole number in the digits 0 to 9, at most ``largest``. ``signed``: a minus may stand before it."""

    largest: int = _BIGINT_MAX
    signed: bool = False

    def __call__(self, text: str) -> int:
        digits = text.removeprefix("-") if self.signed else text
        if not (digits.isascii() and digits.isdigit()) or int(digits) > self.largest:
            raise ValueError(_WRONG)
        return int(text)


@dataclass(frozen=True)
class TextKey:
    """Any text but a blank one, without control characters and halves of characters, which no database compares as they are."""

    def __call__(self, text: str) -> str:
        if not text.strip() or any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
            raise ValueError(_WRONG)
        return text


INTEGER = IntegerKey(_INTEGER_MAX)
"""Key of a column of four bytes."""


def strict(kind: KeyType) -> KeyType:
    """The reader of keys of a type: ``int`` (up to eight bytes) and ``str`` read strictly, anything else reads as it is."""
    return IntegerKey() if kind is int else TextKey() if kind is str else kind
