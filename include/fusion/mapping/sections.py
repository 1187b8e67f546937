"""A record's sections: rows by kind, items made of them, errors that name their section."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, wraps
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from include.fusion.errors import InvalidRecord, reason_of
from include.fusion.mapping.values import _R, _T

if TYPE_CHECKING:
    from include.fusion.reading.spec import MappingContext, Row


def if_any(model: type[_T], **fields: Any) -> _T | None:
    """``model`` of the fields given, or ``None`` when all are empty."""
    return model(**fields) if any(v is not None for v in fields.values()) else None


@lru_cache(maxsize=20_000)
def _stored(model: type[_T], fields: tuple[tuple[str, Any], ...]) -> _T:
    return model(**dict(fields))


def repeated(model: type[_T], **fields: str | None) -> _T | None:
    """:func:`if_any` for what thousands of records share (professionals, units): equal texts give one frozen instance."""
    return _stored(model, tuple(fields.items())) if any(v is not None for v in fields.values()) else None


def memoised(
    columns: Sequence[str], optional: Sequence[str] = ()
) -> Callable[[Callable[[Row, MappingContext], _R]], Callable[[Row, MappingContext], _R]]:
    """Decorator for what is made of these columns of a row alone, and signs thousands of rows (a professional): made once per run.

    ``optional``: columns that a site's SQL may leave out. Two or more ``columns``.
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
    """``build(*valores)`` with the section put before the field that pydantic complains about: a CPF may be the patient's or not."""
    try:
        return build(*values)
    except ValidationError as error:
        field, _, reason = reason_of(error).partition(": ")
        raise InvalidRecord(f"{section}.{field}", reason) from None


def rows(data: Mapping[str, Sequence[Row]], name: str) -> Sequence[Row]:
    """Rows of one data kind; none where the kind was not read."""
    return data.get(name) or ()


def only_row(data: Mapping[str, Sequence[Row]], name: str) -> Row:
    """The one row of a kind that must have exactly one."""
    found = rows(data, name)
    if len(found) != 1:
        raise InvalidRecord(name, "registro não existe mais na origem" if not found else "registro duplicado na origem")
    return found[0]
