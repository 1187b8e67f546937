"""Reads CPF, CNS, CID, CBO and telephone numbers as sources write them."""

from __future__ import annotations

import re
from typing import Any

from pydantic import TypeAdapter, ValidationError

from include.fusion.errors import InvalidRecord
from include.fusion.mapping.values import digits, to_code, to_text
from include.fusion.model.types import Cns, Cpf
from include.fusion.reading.spec import MappingContext

_DIGITS_WITHOUT_DDD_MAX = 9
_UF = re.compile("[A-Z]{2}")
_NOT_CBO = re.compile("[^0-9A-Z]")
_CID = re.compile(r"([A-Z][0-9]{2})([0-9A-Z]{0,2})")
_CPF: TypeAdapter[str] = TypeAdapter(Cpf)
_CNS: TypeAdapter[str] = TypeAdapter(Cns)


def phone(ddd: Any, number: Any) -> str | None:
    """Area code and number as digits. A number that already has its area code does not get it twice."""
    digits_only, area = digits(number), digits(ddd)
    if digits_only is None:
        return None
    return f"{area.lstrip('0')}{digits_only}" if area and len(digits_only) <= _DIGITS_WITHOUT_DDD_MAX else digits_only


def uf(value: Any) -> str | None:
    """Two capital letters, or ``None``."""
    abbreviation = (to_text(value) or "").upper()
    return abbreviation if _UF.fullmatch(abbreviation) else None


def cbo(value: Any) -> str | None:
    """CBO code without punctuation (``2251-25`` → ``225125``); ``None`` for a text that cannot be one."""
    clean = _NOT_CBO.sub("", (to_code(value) or "").upper())
    return clean if 4 <= len(clean) <= 6 else None


def _document(value: Any, size: int, rule: TypeAdapter[str], ctx: MappingContext) -> str | None:
    number = digits(value, size)
    if number is None:
        # A text without any digit is a wrong document: the model must refuse it, or it is left out below.
        number = None if to_text(value) is None else "?"
    if number is not None and ctx.omit_invalid_document:
        try:
            rule.validate_python(number)
        except ValidationError:
            return None
    return number


def cpf(value: Any, ctx: MappingContext) -> str | None:
    """Digits of a CPF. The model refuses an invalid one later, unless the installation omits invalid documents: then ``None``."""
    return _document(value, 11, _CPF, ctx)


def cns(value: Any, ctx: MappingContext) -> str | None:
    """Like :func:`cpf`, for the national health card (CNS)."""
    return _document(value, 15, _CNS, ctx)


def cid(value: Any, field: str = "cid10") -> str | None:
    """ICD-10 with its dot: ``E119`` → ``E11.9``, ``i10`` → ``I10``."""
    clean = to_code(value)
    if clean is None:
        return None
    match = _CID.fullmatch(clean.upper().replace(".", "").rstrip("*+†- "))
    if match is None:
        raise InvalidRecord(field, "CID-10 inválido")
    category, rest = match.groups()
    return f"{category}.{rest}" if rest else category
