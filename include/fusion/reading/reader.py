"""Reads batches of records from a source: one statement per detail, then one canonical record per key."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, DBAPIError

from include.fusion.errors import FusionHubError, InvalidConfiguration, InvalidRecord, SourceRefused, reason_of
from include.fusion.reading.refusals import refusal_of
from include.fusion.reading.spec import MappingContext, Row
from include.fusion.reading.sql import SystemQueries
from include.fusion.reading.words import kind_in_words

if TYPE_CHECKING:
    from include.fusion.model.content import Record

ReadResult: TypeAlias = "Record | Exception | None"
"""A record, the error that stopped its mapping, or ``None`` when the source does not have the key."""
_ONE_MOMENT = {
    "postgresql": text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
    "oracle": text("SET TRANSACTION READ ONLY"),
}
"""Starts a transaction in which all statements see the source at one moment. Not for SQL Server: there the site must enable it."""

ABSENT = "registro não encontrado na origem (apagado entre a fila e a leitura)"
VANISHED = "sumiu da origem sem ter sido inativado (restauração em andamento?); nada foi cancelado"


class Ready(NamedTuple):
    """A record that is bytes already. ``versao`` identifies its content."""

    data: bytes
    versao: str


class Builder:
    """Like :class:`Reader`, for records that are made from their keys alone."""

    def __init__(self, build: Callable[[str], Record]) -> None:
        self._build = build

    def read(self, keys: Sequence[str]) -> dict[str, ReadResult]:
        """Each key with its record."""
        return {key: self._build(key) for key in keys}


class Reader:
    """Reads and maps records of one kind by key. The error of one record is returned; a source that is down raises."""

    def __init__(self, queries: SystemQueries, context: MappingContext, entity: str = "") -> None:
        self.queries = queries
        self.context = context
        self.reading = queries.sistema.reading(entity or queries.sistema.entidade)

    @functools.cached_property
    def _details(self) -> tuple[tuple[str, str], ...]:
        return self.queries.choose(self.reading.details)

    def read(self, keys: Sequence[str]) -> dict[str, ReadResult]:
        """Each key with its record, its error, or ``None``."""
        results: dict[str, ReadResult] = dict.fromkeys(keys)
        valid = []
        for key in keys:
            try:
                self.reading.key_type(key)
                valid.append(key)
            except ValueError:
                results[key] = InvalidRecord("chave", "formato inesperado para este sistema")
        if valid:
            with self.queries.engine.connect() as con:
                results.update(self._read(con, valid))
                results.update(self._vanished(con, [key for key in valid if results[key] is None]))
        return results

    def _vanished(self, con: Connection, absent: Sequence[str]) -> dict[str, ReadResult]:
        """Errors for keys that are neither at the source nor cancelled there, in systems that tell the two apart."""
        if not absent or not self.reading.sql_cancelled:
            return {}
        native = [self.reading.key_type(key) for key in absent]
        cancelled = {str(x["chave"]) for x in self.queries.rows(con, self.reading.sql_cancelled, chaves=native)}
        return {key: InvalidRecord("registro", VANISHED) for key in absent if key not in cancelled}

    def _read(self, con: Connection, keys: Sequence[str]) -> dict[str, ReadResult]:
        try:
            by_key = self._group_rows(con, keys)
        except (DataError, ValueError, OverflowError):
            # The driver cannot convert some row (a date beyond Python's). It must not stop its batch: find it by halves.
            con.rollback()
            if len(keys) == 1:
                return {keys[0]: InvalidRecord("origem", "o banco de origem não conseguiu ler este registro")}
            middle = len(keys) // 2
            return self._read(con, keys[:middle]) | self._read(con, keys[middle:])
        return {key: self._build(rows) for key, rows in by_key.items()}

    def _group_rows(self, con: Connection, keys: Sequence[str]) -> dict[str, dict[str, list[Row]]]:
        # All statements see one moment: an attendance that moves to another patient in between would mix data of two patients.
        con.rollback()
        if (start := _ONE_MOMENT.get(con.dialect.name)) is not None:
            con.execute(start)
        by_key: dict[str, dict[str, list[Row]]] = {}
        native = [self.reading.key_type(key) for key in keys]
        for position, (name, file) in enumerate(self._details):
            groups: defaultdict[str, list[Row]] = defaultdict(list)
            for row in self._rows(con, name, file, native):
                groups[str(row["chave"])].append(row)
            if position == 0:
                by_key = {key: {name: rows} for key, rows in groups.items()}
            else:
                for key, rows in groups.items():
                    if key in by_key:
                        by_key[key][name] = rows
        return by_key

    def _rows(self, con: Connection, name: str, file: str, keys: Sequence[Any]) -> list[dict[str, Any]]:
        try:
            return self.queries.rows(con, file, chaves=keys)
        except DBAPIError as error:
            refusal = refusal_of(error, con.dialect.name, self.queries.sql(file).text)
            if refusal.lost:
                raise SourceRefused(kind_in_words(name), str(refusal)) from None
            raise

    def _build(self, rows: dict[str, list[Row]]) -> Record | Exception:
        try:
            return self.reading.map_record(rows, self.context)
        except InvalidConfiguration:
            raise
        except Exception as error:  # Any other failure is an error of this record only.
            # Keep only the reason: the traceback holds the whole batch, in a cycle through pydantic that is never collected.
            return FusionHubError(reason_of(error))
