"""A copy of a source's table in the integration database: compared page by page, only rows that differ are written and go on.

One page is in memory at a time, so a table of a million rows is compared in the memory of one page.
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
    """The copy that one integration keeps."""

    def __init__(self, replica: Replica, integracao_id: int) -> None:
        self.table, self.chave, self.line = metadata.tables[replica.table], replica.key, replica.row
        self.integracao_id = integracao_id
        self._all_of_them = [c.name for c in self.table.columns if c.name != "integracao_id"]
        self.columns = [name for name in self._all_of_them if name not in replica.ignored]

    def write(self, con: Connection, read_rows: Sequence[Row]) -> list[Row]:
        """Write what differs, in the caller's transaction, which holds the origin's lock; the rows that did."""
        # Of a row that a page holds twice the later state counts.
        rows = [{**x, **self.line(x)} for x in read_rows]
        new = {self._value(row[self.chave]): (row, {c: self._value(row[c]) for c in self._all_of_them}) for row in rows}
        t, keys = self.table.c, sorted(new)
        for i in range(0, len(keys), _LIST_MAX):
            part = keys[i : i + _LIST_MAX]
            columns = [t[c] for c in self.columns]
            stored = con.execute(select(t[self.chave], *columns).where(t.integracao_id == self.integracao_id, t[self.chave].in_(part)))
            for key, *values in stored:
                if values == [new[key][1][c] for c in self.columns]:
                    del new[key]
        keys = sorted(new)
        for i in range(0, len(keys), _LIST_MAX):
            part = keys[i : i + _LIST_MAX]
            con.execute(delete(self.table).where(t.integracao_id == self.integracao_id, t[self.chave].in_(part)))
            con.execute(insert(self.table), [{"integracao_id": self.integracao_id, **new[key][1]} for key in part])
        return [row for row, _ in new.values()]

    @staticmethod
    def _value(value: Any) -> Any:
        """As the copy keeps it: moments and dates as ISO text; an empty text is no text, as Oracle has it.

        A NUL goes: InterSystems takes it in a text, PostgreSQL does not, and one such row would hold up its whole page for ever.
        """
        if isinstance(value, datetime):
            return value.isoformat(timespec="microseconds")
        if isinstance(value, date):
            return value.isoformat()
        return value.replace("\x00", "") or None if isinstance(value, str) else value
