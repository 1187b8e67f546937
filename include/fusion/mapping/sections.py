"""Sections of a record: rows by kind, items made from them, errors that name their section."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, wraps
from operator import itemgetter
from typing import Any

from pydantic import ValidationError

from include.fusion.errors import InvalidRecord, reason_of
from include.fusion.mapping.values import _R, _T
from include.fusion.reading.spec import MappingContext, Row


def if_any(model: type[_T], **fields: Any) -> _T | None:
    """``model`` with these fields, or ``None`` when all are empty."""
    return model(**fields) if any(v is not None for v in fields.values()) else None


@lru_cache(maxsize=20_000)
def _stored(model: type[_T], fields: tuple[tuple[str, Any], ...]) -> _T:
    return model(**dict(fields))


def repeated(model: type[_T], **fields: str | None) -> _T | None:
    """Like :func:`if_any`, for values that thousands of records share (professionals, units): equal fields give one frozen instance."""
    return _stored(model, tuple(fields.items())) if any(v is not None for v in fields.values()) else None


def memoised(
    columns: Sequence[str], optional: Sequence[str] = ()
) -> Callable[[Callable[[Row, MappingContext], _R]], Callable[[Row, MappingContext], _R]]:
    """Decorator for a builder that needs only these columns of a row (a professional): equal values are built once per run.

    There are at least two ``columns``. A site's SQL may leave out the ``optional`` ones.
    """
    required = itemgetter(*columns)
    names = (*columns, *optional)

    def decorate(build: Callable[[Row, MappingContext], _R]) -> Callable[[Row, MappingContext], _R]:
        @lru_cache(maxsize=10_000)
        def stored(values: tuple[Any, ...], ctx: MappingContext) -> _R:
            return build(dict(zip(names, values, strict=True)), ctx)

        @wraps(build)
        def start(row: Row, ctx: MappingContext) -> _R:
            return stored((*required(row), *map(row.get, optional)), ctx)

        return start

    return decorate


def within(section: str, build: Callable[..., _R], *values: Any) -> _R:
    """``build(*values)``; an error names the section before its field, because a CPF may be the patient's or somebody else's."""
    try:
        return build(*values)
    except ValidationError as error:
        field, _, reason = reason_of(error).partition(": ")
        raise InvalidRecord(f"{section}.{field}", reason) from None


def rows(data: Mapping[str, Sequence[Row]], name: str) -> Sequence[Row]:
    """Rows of one kind; empty where the kind was not read."""
    return data.get(name) or ()


def only_row(data: Mapping[str, Sequence[Row]], name: str) -> Row:
    """The row of a kind that has exactly one. Raises ``InvalidRecord`` for none or several."""
    found = rows(data, name)
    if len(found) != 1:
        raise InvalidRecord(name, "registro não existe mais na origem" if not found else "registro duplicado na origem")
    return found[0]
