"""Reads numbers and blood pressure as sources write them. A wrong one raises ``InvalidRecord``."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

from include.fusion.errors import InvalidRecord
from include.fusion.mapping.values import to_text

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,12}(?:[.,][0-9]{0,12})?|[.,][0-9]{1,12})")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3}){1,3}(?:,[0-9]{1,12})?")
_AMBIGUOUS = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")
_PRESSURE = re.compile(r"([0-9]{1,3}) *[/xX\\] *([0-9]{1,3})")


def to_number(value: Any, field: str) -> float | None:
    """A finite number from ``'36,5'``, ``'36.5'``, ``'1.234,56'``, Decimal or int. A single dot is a decimal point."""
    if value is None:
        return None
    if isinstance(value, (int, float, Decimal)):
        try:
            if math.isfinite(value):
                return float(value)
        except OverflowError:
            pass
        raise InvalidRecord(field, "número inválido")
    clean = to_text(value)
    if clean is None:
        return None
    if _NUMBER.fullmatch(clean):
        return float(clean.replace(",", "."))
    if _THOUSANDS.fullmatch(clean):
        return float(clean.replace(".", "").replace(",", "."))
    raise InvalidRecord(field, "número inválido")


def number_if_any(value: Any) -> float | None:
    """The number in a text, or ``None`` for prose (a result may be ``'12,5'`` or ``'não reagente'``).

    ``'250.000'`` may mean 250 thousand or 250: then ``None``, because the hub must not guess. The text itself still goes to Fusion.
    """
    if isinstance(value, str) and _AMBIGUOUS.fullmatch(value.strip()):
        return None
    try:
        return to_number(value, "")
    except InvalidRecord:
        return None


def written_number(value: float | None) -> str | None:
    """A number as Brazilians write it: a comma, at most six places. "1.125" would read as more than a thousand."""
    return None if value is None else f"{value:.6f}".rstrip("0").rstrip(".").replace(".", ",")


def pressure(value: Any, field: str) -> tuple[float, float] | None:
    """Systolic and diastolic pressure in mm[Hg] from ``'120/80'`` or ``'120 x 80'``."""
    clean = to_text(value)
    if clean is None:
        return None
    match = _PRESSURE.fullmatch(clean)
    if match is None:
        raise InvalidRecord(field, "pressão arterial inválida")
    return float(match[1]), float(match[2])
