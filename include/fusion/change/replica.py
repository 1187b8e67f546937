"""Replica: a copy of a source's table. Rows are compared with it page by page; only rows that differ are written and go on.

Only one page is in memory at a time, whatever the size of the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from include.fusion.reading.spec import Replica, Row
from include.fusion.store.tables import metadata

_LIST_MAX = 500


class ReplicaTable:
    """The replica of one integration."""

    def __init__(self, replica: Replica, integracao_id: int) -> None:
        self.table, self.key, self.to_columns = metadata.tables[replica.table], replica.key, replica.row
        self.integracao_id = integracao_id
        self._stored = [c.name for c in self.table.columns if c.name != "integracao_id"]
        self.columns = [name for name in self._stored if name not in replica.ignored]

    def write(self, con: Connection, read_rows: Sequence[Row]) -> list[Row]:
        """Write the rows that differ, and return them. The caller's transaction holds the origin's lock."""
        # A key may come twice in a page: its later row counts.
        rows = [{**x, **self.to_columns(x)} for x in read_rows]
        new = {self._value(row[self.key]): (row, {c: self._value(row[c]) for c in self._stored}) for row in rows}
        t, keys = self.table.c, sorted(new)
        for i in range(0, len(keys), _LIST_MAX):
            part = keys[i : i + _LIST_MAX]
            columns = [t[c] for c in self.columns]
            stored = con.execute(select(t[self.key], *columns).where(t.integracao_id == self.integracao_id, t[self.key].in_(part)))
            for key, *values in stored:
                if values == [new[key][1][c] for c in self.columns]:
                    del new[key]
        keys = sorted(new)
        for i in range(0, len(keys), _LIST_MAX):
            part = keys[i : i + _LIST_MAX]
            con.execute(delete(self.table).where(t.integracao_id == self.integracao_id, t[self.key].in_(part)))
            con.execute(insert(self.table), [{"integracao_id": self.integracao_id, **new[key][1]} for key in part])
        return [row for row, _ in new.values()]

    @staticmethod
    def _value(value: Any) -> Any:
        """A value as the replica stores it: dates and times as ISO text, an empty text as NULL (as Oracle does).

        NUL characters are removed: InterSystems accepts them, PostgreSQL does not, and one such row would block its page for ever.
        """
        if isinstance(value, datetime):
            return value.isoformat(timespec="microseconds")
        if isinstance(value, date):
            return value.isoformat()
        return value.replace("\x00", "") or None if isinstance(value, str) else value
