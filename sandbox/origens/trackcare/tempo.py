"""Dates and times as TrakCare keeps them: two columns, ISO or $HOROLOG (days since 31 December 1840, seconds since midnight)."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

_ORIGEM = date(1840, 12, 31).toordinal()


class Calendario:
    """``horolog``: how this database was created."""

    def __init__(self, horolog: bool) -> None:
        self.horolog = horolog

    def dia(self, momento: date | None) -> Any:
        if momento is None:
            return None
        if self.horolog:
            return momento.toordinal() - _ORIGEM
        return momento.date() if isinstance(momento, datetime) else momento

    def hora(self, momento: datetime | time | None) -> Any:
        if momento is None:
            return None
        if self.horolog:
            return momento.hour * 3600 + momento.minute * 60 + momento.second
        return (momento.time() if isinstance(momento, datetime) else momento).replace(microsecond=0)

    def par(self, momento: datetime | None) -> tuple[Any, Any]:
        """Day and time of one moment."""
        return self.dia(momento), self.hora(momento)


def calendario_de(con: Any) -> Calendario:
    """How the database that ``con`` is connected to keeps dates."""
    with con.cursor() as cur:
        cur.execute("select data_type from information_schema.columns where table_schema = 'sqluser' and table_name = 'pa_person'"
                    " and column_name = 'paper_dob'")  # fmt: skip
        return Calendario(cur.fetchone()[0] == "integer")
