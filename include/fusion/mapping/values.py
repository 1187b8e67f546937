"""Helpers of every mapping: values as drivers return them → values that the canonical model takes.

Drivers and sites differ (a date as text, a flag as Decimal, a key as UUID). Each helper takes any of these, returns ``None`` when there
is nothing, and raises ``InvalidRecord(field, reason)``. The error never holds the value.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel

from include.fusion.errors import InvalidRecord
from include.fusion.mapping.rich_text import plain_text, rtf_is_incomplete

_T = TypeVar("_T", bound=BaseModel)
_R = TypeVar("_R")
_V = TypeVar("_V")
MISSING = "não preenchido na origem"
"""Why a record without a field that it must have is refused."""
# C0 and C1 controls other than tab, LF and CR, DEL and lone surrogates.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_WINDOWS = re.compile("[\x80-\x9e]")
_FROM_WORD = {0x0B: "\n", 0x0C: "\n", 0x1E: "-"}
"""Line break, page break and non-breaking hyphen of text pasted from Word."""
_NOT_DIGITS = re.compile(r"[^0-9]+")
_YES = frozenset({"1", "S", "SIM", "T", "TRUE", "V", "Y"})
_NO = frozenset({"0", "N", "NAO", "NÃO", "F", "FALSE"})


def required(value: _V | None, field: str, reason: str = MISSING) -> _V:
    """``value``, unless there is none: then ``InvalidRecord(field, reason)`` is raised. It refuses ``None`` only: 0 and False are values."""
    if value is None:
        raise InvalidRecord(field, reason)
    return value


def clean_text(value: str) -> str | None:
    """Drop control characters and outer blanks; an empty text becomes ``None``.

    In a Latin-1 database, quotes and dashes of Windows are C1 controls, and Word's line break is a vertical tab. These are translated:
    without them, "5–10 mg" or the lines "5" and "10 mg" would become 510 mg.
    """
    value = _WINDOWS.sub(lambda c: c[0].encode("latin-1").decode("cp1252", "ignore"), value.translate(_FROM_WORD))
    return _CONTROLS.sub("", value).strip() or None


def to_text(value: Any) -> str | None:
    """Clean text; a blank one is ``None``. HTML and RTF stay as they are: see :func:`clinical_text`."""
    # For speed: a record has hundreds of texts, and nearly all are empty or one printable line with nothing to clean.
    if value is None:
        return None
    if isinstance(value, str) and value.isprintable():
        return value.strip() or None
    return clean_text(str(value))


def clinical_text(value: Any) -> str | None:
    """Like :func:`to_text`, with HTML or RTF turned into plain text."""
    clean = to_text(value)
    if clean is None:
        return None
    simple = plain_text(clean)
    return clean if simple is clean else clean_text(simple)


def to_note(value: Any, field: str, where: str) -> str | None:
    """Like :func:`clinical_text`, but a damaged RTF raises ``InvalidRecord`` with its row (``where``): half a note may mislead."""
    clean = to_text(value)
    if clean is not None and rtf_is_incomplete(clean):
        raise InvalidRecord(field, f"RTF incompleto ou corrompido ({where})")
    return clinical_text(clean)


def to_code(value: Any) -> str | None:
    """A code or key as text: ``7``, ``Decimal('7')``, ``7.0`` and ``' 7 '`` all give ``'7'``; a UUID gives its lower-case text."""
    if value is None:
        return None
    if isinstance(value, (bool, int)):
        return str(int(value))
    if isinstance(value, (Decimal, float)) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return to_text(value)


def digits(value: Any, size: int = 0) -> str | None:
    """Only the digits. A number gets its leading zeros back, up to ``size``; a text does not."""
    clean = to_code(value)
    if clean is None:
        return None
    digits_only = clean if clean.isascii() and clean.isdigit() else _NOT_DIGITS.sub("", clean)
    return (digits_only.zfill(size) if isinstance(value, (int, Decimal)) else digits_only) or None


def exact_digits(value: Any, *sizes: int) -> str | None:
    """Digits of a registry number with one of these lengths; ``None`` for anything else."""
    digits_only = digits(value)
    if digits_only is not None and len(digits_only) < sizes[0] and len(sizes) == 1:
        digits_only = digits_only.zfill(sizes[0])
    return digits_only if digits_only is not None and len(digits_only) in sizes else None


def boolean(value: Any, default: bool = False, field: str = "indicador") -> bool:
    """A flag from bool, 0/1 of any number type, S/N and the like, or bytes; ``default`` where there is nothing."""
    if isinstance(value, bool):
        return value
    if value is None:
        return default
    if isinstance(value, (int, float, Decimal)):
        return value != 0
    if isinstance(value, (bytes, bytearray)):
        return any(value)
    clean = (to_text(value) or "").upper()
    if clean in _YES or clean in _NO:
        return clean in _YES
    if not clean:
        return default
    raise InvalidRecord(field, "indicador inválido")
