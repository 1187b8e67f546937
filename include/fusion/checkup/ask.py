"""Asks a database whether it would take a statement. PostgreSQL and Oracle only plan or parse it: no row is read, none is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause, bindparam, text
from sqlalchemy.exc import DBAPIError

from include.fusion.reading.keys import KeyType
from include.fusion.reading.refusals import Refusal, refusal_of
from include.fusion.reading.spec import SystemSpec
from include.fusion.reading.sql import LISTS, SystemQueries

NOBODY = "0"
"""Key of a record that no system has."""


class Answer(NamedTuple):
    """``refusal``: why the statement would fail. ``plan``: PostgreSQL's, as ``EXPLAIN (FORMAT JSON, VERBOSE)`` gives it. ``asked``: not on every engine."""

    refusal: Refusal | None = None
    plan: Mapping[str, Any] | None = None
    asked: bool = True


def ask(con: Connection, queries: SystemQueries, file: str, values: Mapping[str, Any]) -> Answer:
    """What the database says of the statement ``file`` with these binds. Raises ``DBAPIError`` when it is not there any more.

    Where a database can only run a statement, one that reads by key is run for a key that nobody has; others are not asked.
    """
    clause, engine = queries.sql(file), con.dialect.name
    if not re.sub("--.*", "", clause.text).strip():
        return Answer()  # A site switches a statement off by a file without one.
    binds = {name: values.get(name) for name in clause._bindparams}
    try:
        if engine == "postgresql":
            return Answer(plan=_planned(con, clause, binds))
        if engine == "oracle":
            _parse(con, clause, binds)
            return Answer()
        if "chaves" in binds:
            con.execute(clause, binds).close()
        return Answer(asked="chaves" in binds)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return Answer(refusal_of(error, engine, clause.text))
    finally:
        con.rollback()


def usual_binds(system: SystemSpec, key_type: KeyType | None = None) -> dict[str, Any]:
    """A value for every bind that the engine gives; none of them finds anything."""
    key, moment = (key_type or system.key_type)(NOBODY), datetime(2100, 1, 1)
    marker: Any = 2**62 if system.read_marker is int else moment if system.read_marker == datetime.fromisoformat else "9"
    pages = {"marcador": marker, "limite": 1, "tamanho": 1000, "de": 0, "ate": 0, "desde": moment}
    kept = {"lote": 0, "id": 0, "antes": 0, "depois": 0, "agora": moment}
    return {**{name: [key] for name in LISTS}, **pages, **kept}


def _planned(con: Connection, clause: TextClause, binds: Mapping[str, Any]) -> Mapping[str, Any]:
    explain = text(f"EXPLAIN (FORMAT JSON, VERBOSE) {clause.text}")
    lists: list[Any] = [bindparam(name, expanding=True) for name in LISTS if name in binds]
    rows = con.execute(explain.bindparams(*lists), binds).scalar_one()
    plan: Mapping[str, Any] = rows[0]["Plan"]
    return plan


def _parse(con: Connection, clause: TextClause, binds: Mapping[str, Any]) -> None:
    filled = clause.bindparams(**{name: value for name, value in binds.items() if name in LISTS})
    cursor = con.connection.cursor()
    try:
        cursor.parse(str(filled.compile(dialect=con.dialect, compile_kwargs={"render_postcompile": True})))
    except con.dialect.loaded_dbapi.DatabaseError as error:
        raise DBAPIError("", None, error) from None
    finally:
        cursor.close()
