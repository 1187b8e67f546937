"""Named row locks, held until the caller's transaction ends, and the update-else-insert that they make safe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from include.fusion.store.tables import trava_fila


def travar(con: Connection, integracao_id: int, nome: str) -> None:
    """Wait for and hold the lock ``nome`` of one integration until the transaction of ``con`` ends."""
    consulta = (
        select(trava_fila.c.nome)
        .where(trava_fila.c.integracao_id == integracao_id, trava_fila.c.nome == nome)
        .with_for_update()
        .with_hint(trava_fila, "WITH (UPDLOCK, HOLDLOCK, ROWLOCK)", "mssql")
    )
    if con.execute(consulta).first() is not None:
        return
    try:
        with con.begin_nested():
            con.execute(insert(trava_fila).values(integracao_id=integracao_id, nome=nome))
    except IntegrityError:
        # Someone else created it meanwhile, and may hold it: wait our turn.
        con.execute(consulta).first()


def gravar_linha(
    con: Connection, tabela: Table, chave: Mapping[str, Any], novos: Mapping[str, Any], soma: Mapping[str, int] | None = None
) -> None:
    """Update the row with primary key ``chave``, or insert it; the columns of ``soma`` are added to what is there."""
    acrescimos: dict[str, ColumnElement[Any]] = {coluna: tabela.c[coluna] + valor for coluna, valor in (soma or {}).items()}
    mudanca = update(tabela).where(*(tabela.c[c] == v for c, v in chave.items())).values({**novos, **acrescimos})
    if con.execute(mudanca).rowcount:
        return
    try:
        with con.begin_nested():
            con.execute(insert(tabela).values({**chave, **novos, **(soma or {})}))
    except IntegrityError:
        con.execute(mudanca)
