"""Settings of our Oracle sessions, beyond the provider's hook: application, time limit, rows per round trip."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow.sdk.exceptions import AirflowException
from sqlalchemy import Engine, event

MODULE = "fusion"
_LINES = 1000
_TAG_MAX = 64
"""Bytes of MODULE, ACTION and CLIENT_IDENTIFIER in V$SESSION since 12.2; an older server cuts ACTION to 32."""


@dataclass(frozen=True)
class OracleSettings:
    """Of one Airflow connection; other extras (``thick_mode`` …) are read by the hook itself."""

    arraysize: int
    prefetchrows: int
    call_timeout: int
    """Milliseconds for one round trip; 0: no limit."""
    module: str

    @classmethod
    def of(cls, conn_id: str, extra: Mapping[str, Any], time_limit: float | None = None) -> OracleSettings:
        """From the connection's extra. The shorter of its ``call_timeout`` and ``time_limit`` (seconds) applies."""
        arraysize = _integer(conn_id, extra, "arraysize", _LINES, minimum=1)
        limits = [_integer(conn_id, extra, "call_timeout", 0), math.ceil((time_limit or 0) * 1000)]
        return cls(
            arraysize=arraysize,
            # One more than arraysize: a result of exactly arraysize rows then needs one round trip.
            prefetchrows=_integer(conn_id, extra, "prefetchrows", arraysize + 1),
            call_timeout=min((limit for limit in limits if limit), default=0),
            module=str(extra.get("module") or MODULE),
        )

    def on_connection(self, con: Any, application: str) -> None:
        """Set on a new session. It is sent with the first statement, so it costs no round trip."""
        con.module = _tag(self.module)
        con.action = con.client_identifier = _tag(application)
        con.call_timeout = self.call_timeout

    def on_engine(self, engine: Engine) -> None:
        """Set on every cursor of ``engine``: SQLAlchemy has no parameter for prefetchrows."""

        @event.listens_for(engine, "before_cursor_execute")
        def on_cursor(_con: Any, cursor: Any, _sql: str, _binds: Any, _context: Any, _several: bool) -> None:
            cursor.arraysize, cursor.prefetchrows = self.arraysize, self.prefetchrows


def _integer(conn_id: str, extra: Mapping[str, Any], name: str, default: int, minimum: int = 0) -> int:
    value = extra.get(name, default)
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = minimum - 1
    if number < minimum or isinstance(value, bool):
        raise AirflowException(f"connection '{conn_id}': extra.{name} must be a whole number of at least {minimum}")
    return number


def _tag(text: str) -> str:
    return text.encode()[:_TAG_MAX].decode(errors="ignore")
