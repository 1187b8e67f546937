"""How the reports and the checks read the stack's databases: over one kept connection to each, since a report asks some fifty questions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError


@lru_cache(maxsize=32)
def engine(url: str) -> Engine:
    """Engine of one database by its libpq URL; it survives the server's restart."""
    return create_engine(url.replace("postgresql://", "postgresql+psycopg2://", 1), pool_pre_ping=True, hide_parameters=True)


@contextmanager
def connection(url: str) -> Iterator[Any]:
    """Connection of the driver's own; what was not committed is rolled back. Errors are the driver's, too."""
    try:
        con = engine(url).raw_connection()
    except DBAPIError as error:
        raise error.orig from None  # type: ignore[misc]
    try:
        yield con
    finally:
        con.close()


def ask(url: str, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """All rows of one query."""
    with connection(url) as con, con.cursor() as cur:
        cur.execute(sql, values)
        return list(cur.fetchall())


def close() -> None:
    """Forget what is kept: the next question opens it again."""
    engine.cache_clear()
