"""A system's SQL statements: a site's own file first, and the variant that fits the columns of the schema."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, TextClause, bindparam, text

from include.fusion.errors import InvalidConfiguration, SourceLost
from include.fusion.reading.spec import Detail, SystemSpec
from include.fusion.reading.statements import site_file, sql_folder, statement_path, statement_text
from include.fusion.reading.words import kind_in_words

__all__ = ["SystemQueries", "sql_folder", "statement"]


LISTS = ("chaves", "ids", "pacientes")
"""Binds that take a list."""


@functools.cache
def statement(path: Path) -> TextClause:
    """Statement of an SQL file."""
    clause = text(statement_text(path))
    return clause.bindparams(*(bindparam(name, expanding=True) for name in LISTS if name in clause._bindparams))


class SystemQueries:
    """Statements of one installation: its own folder (``sql_folder``) first, then the system's. Columns are looked up once.

    ``readable_before`` gives what this account could read (item → SQL file, see :meth:`readable`). What is gone of it raises
    :class:`SourceLost` where it would be chosen: a table without a grant looks like one that does not exist, and would be read as empty.
    """

    def __init__(
        self,
        engine: Engine,
        system: SystemSpec,
        sql_folder: Path | None = None,
        readable_before: Callable[[], Mapping[str, str]] | None = None,
    ) -> None:
        self.engine = engine
        self.sistema = system
        self.pasta_sql = sql_folder
        self._readable_before = readable_before or dict

    @functools.cached_property
    def before(self) -> Mapping[str, str]:
        """What this account could read: item → SQL file."""
        return self._readable_before()

    def sql(self, file: str) -> TextClause:
        """Statement of ``file``, or of the site's file that replaces it."""
        return statement(statement_path(self.sistema.nome, file, self.pasta_sql))

    def rows(self, con: Connection, file: str, **values: Any) -> list[dict[str, Any]]:
        """Rows as dicts with lower-case column names, because databases differ in case. ``values``: binds; unknown ones are ignored."""
        clause = self.sql(file)
        result = con.execute(clause, {k: v for k, v in values.items() if k in clause._bindparams})
        names = list(map(str.lower, result.keys()))
        # The driver's own cursor is faster: SQLAlchemy has no types to convert here, and there are many rows.
        return [dict(zip(names, row, strict=True)) for row in result.cursor.fetchall()]

    @functools.cached_property
    def columns(self) -> frozenset[str]:
        """``table.column`` in lower case, for every table that this account can see."""
        where = (
            "select lower(table_name), lower(column_name) from all_tab_columns"
            if self.engine.dialect.name == "oracle"
            else "select lower(table_name), lower(column_name) from information_schema.columns"
        )
        with self.engine.connect() as con:
            return frozenset(f"{table}.{column}" for table, column in con.execute(text(where)))

    def has(self, requires: Sequence[str]) -> bool:
        """Whether this account sees all these columns (``table.column``)."""
        return not requires or all(".".join(item.lower().split(".")[-2:]) in self.columns for item in requires)

    @functools.cached_property
    def origins(self) -> tuple[Any, ...]:
        """Origins whose columns this schema has. Raises ``InvalidConfiguration`` when the system has origins and none fits."""
        present = tuple(o for o in self.sistema.origins if self.has(o.requires))
        self._demand([o.nome for o in self.sistema.origins if o not in present and o.item in self.before], "mudanças de ")
        if self.sistema.origins and not present:
            wanted = sorted({c for o in self.sistema.origins for c in o.requires})
            raise InvalidConfiguration(f"{self.sistema.nome}: no way to see changes; looked for columns {', '.join(wanted)}")
        return present

    @functools.cached_property
    def details(self) -> tuple[tuple[str, str], ...]:
        """(kind, SQL file) of the system's main kind of record."""
        return self.choose(self.sistema.details)

    def choose(self, details: Sequence[Detail]) -> tuple[tuple[str, str], ...]:
        """(kind, SQL file) of each detail, chosen for this schema.

        Raises ``InvalidConfiguration`` when nothing fits, and ``SourceLost`` for a kind of which this account could read more before.
        """
        self._demand([d.nome for d in details if self._less_than_before(d)])
        chosen = {d.nome: file for d in details if (file := self._variant(d)) is not None}
        for group in {d.group for d in details} - {""}:
            members = [d for d in details if d.group == group]
            if not any(d.nome in chosen for d in members):
                raise self._nothing_fits(group, members)
        return tuple(chosen.items())

    def _nothing_fits(self, name: str, details: Sequence[Detail]) -> InvalidConfiguration:
        wanted = "; ".join(", ".join(requires) for d in details for _, requires in d.files)
        return InvalidConfiguration(
            f"{self.sistema.nome}: no SQL fits this schema for '{name}'; looked for columns (missing, or not granted): {wanted}"
        )

    def readable(self) -> dict[str, str]:
        """Item → SQL file of what this schema has: every kind of data, by its detail, and every way to see changes."""
        found: dict[str, str] = {}
        for details in (reading.details for reading in self.sistema.readings):
            chosen = dict(self.choose(details))
            found |= {d.item: chosen[d.nome] for d in details if d.nome in chosen}
        return found | {o.item: o.sql for o in self.origins}

    def _demand(self, lost: Sequence[str], prefix: str = "") -> None:
        if lost:
            raise SourceLost(", ".join(prefix + kind_in_words(name) for name in lost))

    def _less_than_before(self, detail: Detail) -> bool:
        """Whether nothing fits any more, or only a later variant than before."""
        files = [file for file, _ in detail.files]
        before = self.before.get(detail.item)
        if before not in files:
            return False
        fitting = self.fitting(detail)
        return fitting is None or files.index(fitting) > files.index(before)

    def _fits(self, file: str, requires: Sequence[str]) -> bool:
        return site_file(self.sistema.nome, file, self.pasta_sql) is not None or self.has(requires)

    def fitting(self, detail: Detail) -> str | None:
        """The SQL file that fits this schema, or ``None``."""
        return next((file for file, requires in detail.files if self._fits(file, requires)), None)

    def _variant(self, detail: Detail) -> str | None:
        file = self.fitting(detail)
        if file is None and not detail.optional:
            raise self._nothing_fits(detail.nome, [detail])
        return file
