"""Named locks, held until the caller's transaction ends, and the writing of one row by its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from include.fusion.store.tables import trava_fila


def lock(con: Connection, integracao_id: int, name: str) -> None:
    """Wait for and hold the lock ``name`` of one integration until the transaction of ``con`` ends."""
    query = (
        select(trava_fila.c.nome)
        .where(trava_fila.c.integracao_id == integracao_id, trava_fila.c.nome == name)
        .with_for_update()
        .with_hint(trava_fila, "WITH (UPDLOCK, HOLDLOCK, ROWLOCK)", "mssql")
    )
    if con.execute(query).first() is not None:
        return
    try:
        with con.begin_nested():
            con.execute(insert(trava_fila).values(integracao_id=integracao_id, nome=name))
    except IntegrityError:
        # Somebody else has just created it and may hold it: wait.
        con.execute(query).first()


def write_row(
    con: Connection, table: Table, key: Mapping[str, Any], new: Mapping[str, Any], total: Mapping[str, int] | None = None
) -> None:
    """Update the row with primary key ``key``, or insert it; ``total``: column → number to add to what is there."""
    increments: dict[str, ColumnElement[Any]] = {column: table.c[column] + value for column, value in (total or {}).items()}
    change = update(table).where(*(table.c[c] == v for c, v in key.items())).values({**new, **increments})
    if con.execute(change).rowcount:
        return
    try:
        with con.begin_nested():
            con.execute(insert(table).values({**key, **new, **(total or {})}))
    except IntegrityError:
        con.execute(change)
