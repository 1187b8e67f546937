"""Reads whole batches of a source: one statement per data kind, then one canonical record per key."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError

from include.fusion.errors import FusionHubError, InvalidConfiguration, InvalidRecord, reason_of
from include.fusion.reading.spec import MappingContext, Row
from include.fusion.reading.sql import SystemQueries

if TYPE_CHECKING:
    from include.fusion.model.content import Record

ReadResult: TypeAlias = "Record | Exception | None"
"""A mapped record, the error that keeps it from being one, or ``None`` when the source has no such key."""
_ONE_MOMENT = {
    "postgresql": text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
    "oracle": text("SET TRANSACTION READ ONLY"),
}
"""Begins a transaction whose statements all see the source as it is now. SQL Server has it only where the site switched it on."""

VANISHED = "sumiu da origem sem ter sido inativado (restauração em andamento?); nada foi cancelado"


class Ready(NamedTuple):
    """A record that is bytes already, and what tells its contents apart."""

    data: bytes
    versao: str


class Builder:
    """A :class:`Reader` of records that are made from their keys alone."""

    def __init__(self, build: Callable[[str], Record]) -> None:
        self._build = build

    def read(self, keys: Sequence[str]) -> dict[str, ReadResult]:
        """Every key of ``keys`` with its record."""
        return {key: self._build(key) for key in keys}


class Reader:
    """Reads and maps records of one kind by key. Errors of one record are returned, not raised; a source that is down raises."""

    def __init__(self, queries: SystemQueries, context: MappingContext, entity: str = "") -> None:
        self.queries = queries
        self.context = context
        self.reading = queries.sistema.reading(entity or queries.sistema.entidade)

    @functools.cached_property
    def _details(self) -> tuple[tuple[str, str], ...]:
        return self.queries.choose(self.reading.details)

    def read(self, keys: Sequence[str]) -> dict[str, ReadResult]:
        """Every key of ``keys`` with its record, its error or ``None``."""
        read_items: dict[str, ReadResult] = dict.fromkeys(keys)
        valid = []
        for key in keys:
            try:
                self.reading.key_type(key)
                valid.append(key)
            except ValueError:
                read_items[key] = InvalidRecord("chave", "formato inesperado para este sistema")
        if valid:
            with self.queries.engine.connect() as con:
                read_items.update(self._read(con, valid))
                read_items.update(self._vanished(con, [key for key in valid if read_items[key] is None]))
        return read_items

    def _vanished(self, con: Connection, absent: Sequence[str]) -> dict[str, ReadResult]:
        """Errors of what is absent without being cancelled, where the system tells these two apart."""
        if not absent or not self.reading.sql_cancelled:
            return {}
        native = [self.reading.key_type(c) for c in absent]
        cancelled = {str(x["chave"]) for x in self.queries.rows(con, self.reading.sql_cancelled, chaves=native)}
        return {key: InvalidRecord("registro", VANISHED) for key in absent if key not in cancelled}

    def _read(self, con: Connection, keys: Sequence[str]) -> dict[str, ReadResult]:
        try:
            by_key = self._group_rows(con, keys)
        except (DataError, ValueError, OverflowError):
            # One row that the database or its driver cannot convert (a date beyond Python's) must not hold back
            # its batch: find it by halves.
            con.rollback()
            if len(keys) == 1:
                return {keys[0]: InvalidRecord("origem", "o banco de origem não conseguiu ler este registro")}
            middle = len(keys) // 2
            return self._read(con, keys[:middle]) | self._read(con, keys[middle:])
        return {key: self._build(rows) for key, rows in by_key.items()}

    def _group_rows(self, con: Connection, keys: Sequence[str]) -> dict[str, dict[str, list[Row]]]:
        # An attendance that is moved to another patient between two statements would carry the allergies of one under the name of the other.
        con.rollback()
        if (start := _ONE_MOMENT.get(con.dialect.name)) is not None:
            con.execute(start)
        by_key: dict[str, dict[str, list[Row]]] = {}
        native = [self.reading.key_type(c) for c in keys]
        for position, (name, file) in enumerate(self._details):
            groups: defaultdict[str, list[Row]] = defaultdict(list)
            for row in self.queries.rows(con, file, chaves=native):
                groups[str(row["chave"])].append(row)
            if position == 0:
                by_key = {key: {name: rows} for key, rows in groups.items()}
            else:
                for key, rows in groups.items():
                    if key in by_key:
                        by_key[key][name] = rows
        return by_key

    def _build(self, rows: dict[str, list[Row]]) -> Record | Exception:
        try:
            return self.reading.map_record(rows, self.context)
        except InvalidConfiguration:
            raise
        except Exception as error:  # Whatever one record does to the mapping is that record's error, with its reason.
            # Only the reason goes on: the error's traceback holds the whole batch, in a cycle through pydantic that is never collected.
            return FusionHubError(reason_of(error))
