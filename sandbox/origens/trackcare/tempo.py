"""Dates and times as TrakCare keeps them: two columns, ISO or $HOROLOG (days since 31 December 1840, seconds since midnight)."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

_ORIGIN = date(1840, 12, 31).toordinal()


class Calendar:
    """``horolog``: how this database was created."""

    def __init__(self, horolog: bool) -> None:
        self.horolog = horolog

    def day(self, moment: date | None) -> Any:
        if moment is None:
            return None
        if self.horolog:
            return moment.toordinal() - _ORIGIN
        return moment.date() if isinstance(moment, datetime) else moment

    def hour(self, moment: datetime | time | None) -> Any:
        if moment is None:
            return None
        if self.horolog:
            return moment.hour * 3600 + moment.minute * 60 + moment.second
        return (moment.time() if isinstance(moment, datetime) else moment).replace(microsecond=0)

    def pair(self, moment: datetime | None) -> tuple[Any, Any]:
        """Day and time of one moment."""
        return self.day(moment), self.hour(moment)


def calendar_of(con: Any) -> Calendar:
    """How the database that ``con`` is connected to keeps dates."""
    with con.cursor() as cur:
        cur.execute("select data_type from information_schema.columns where table_schema = 'sqluser' and table_name = 'pa_person'"
                    " and column_name = 'paper_dob'")  # fmt: skip
        return Calendar(cur.fetchone()[0] == "integer")
