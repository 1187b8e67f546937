"""The database's clock as SQL expressions: all machines agree on what is due, even when their own clocks differ.

Always the time of the statement, not of the transaction: a reservation that waited for a lock must still grant a whole lease.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect
from sqlalchemy.dialects import mssql, oracle
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

NOW = {"postgresql": "statement_timestamp()", "mssql": "SYSUTCDATETIME()", "oracle": "SYS_EXTRACT_UTC(SYSTIMESTAMP)"}
"""Current time in UTC, by engine."""

_SUM = {
    "postgresql": "{now} + CAST({seconds} AS double precision) * INTERVAL '1 second'",
    # DATEADD takes an int: as milliseconds it reaches 24 days only, as seconds it loses the fraction. So both parts are added.
    "mssql": "DATEADD(millisecond, CAST((CAST({seconds} AS decimal(18, 3)) % 1) * 1000 AS int), DATEADD(second, CAST({seconds} AS int), {now}))",
    "oracle": "({now} + NUMTODSINTERVAL({seconds}, 'SECOND'))",
}


def seconds_from_now(engine: str, seconds: str) -> str:
    """SQL text of the moment that is ``seconds`` (an SQL expression, may be negative) from now."""
    return _SUM[engine].format(now=NOW[engine], seconds=seconds)


class Moment(TypeDecorator[datetime]):
    """A moment, UTC and aware in Python: ``timestamptz`` on PostgreSQL, elsewhere a plain timestamp that holds UTC.

    Oracle cannot index an expression over TIMESTAMP WITH TIME ZONE, and the drivers of SQL Server disagree on DATETIMEOFFSET.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        others: dict[str, TypeEngine[Any]] = {"mssql": mssql.DATETIME2(), "oracle": oracle.TIMESTAMP()}  # type: ignore[no-untyped-call]
        return dialect.type_descriptor(others.get(dialect.name, self.impl_instance))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class later(FunctionElement[Any]):  # noqa: N801 - reads like sqlalchemy.func.now
    """Core expression: ``later(30)`` is thirty seconds from now, ``now()`` the current time; both in UTC."""

    type = Moment()
    inherit_cache = True


now = later


@compiles(later)
def _later(element: later, compiler: Any, **kw: Any) -> str:
    engine, seconds = compiler.dialect.name, element.clauses.clauses
    return seconds_from_now(engine, compiler.process(seconds[0], **kw)) if seconds else NOW[engine]
