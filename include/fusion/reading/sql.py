"""A system's SQL statements: a site's own file first, and the variant that fits the columns of the schema."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, TextClause, bindparam, text

from include.fusion.errors import InvalidConfiguration
from include.fusion.reading.spec import Detail, SystemSpec
from include.fusion.reading.statements import site_file, sql_folder, statement_path, statement_text

__all__ = ["SystemQueries", "sql_folder", "statement"]


LISTS = ("chaves", "ids", "pacientes")
"""Binds that take a list."""


@functools.cache
def statement(path: Path) -> TextClause:
    """Statement of an SQL file."""
    clause = text(statement_text(path))
    return clause.bindparams(*(bindparam(name, expanding=True) for name in LISTS if name in clause._bindparams))


class SystemQueries:
    """Statements of one installation: its own folder (``sql_folder``) first, then the system's. Columns are looked up once."""

    def __init__(self, engine: Engine, system: SystemSpec, sql_folder: Path | None = None) -> None:
        self.engine = engine
        self.sistema = system
        self.pasta_sql = sql_folder

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
        if self.sistema.origins and not present:
            wanted = sorted({c for o in self.sistema.origins for c in o.requires})
            raise InvalidConfiguration(f"{self.sistema.nome}: no way to see changes; looked for columns {', '.join(wanted)}")
        return present

    @functools.cached_property
    def details(self) -> tuple[tuple[str, str], ...]:
        """(kind, SQL file) of the system's main kind of record."""
        return self.choose(self.sistema.details)

    def choose(self, details: Sequence[Detail]) -> tuple[tuple[str, str], ...]:
        """(kind, SQL file) of each detail, chosen for this schema. Raises ``InvalidConfiguration`` when nothing fits."""
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

    def _variant(self, detail: Detail) -> str | None:
        for file, requires in detail.files:
            if site_file(self.sistema.nome, file, self.pasta_sql) or self.has(requires):
                return file
        if detail.optional:
            return None
        raise self._nothing_fits(detail.nome, [detail])
