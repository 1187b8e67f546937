"""Alembic's entry: runs on the connection that ``include.fusion.store.migrate`` hands over, or writes SQL for a named engine."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

from include.fusion.store.tables import metadados

VERSAO = "versao_migracao"
"""Alembic's table: a name of our own, since the integration database may hold other applications' tables."""

_TRAVAS = {
    # Until the transaction ends: the second of two migrating processes waits, then finds the work done.
    "postgresql": "SELECT pg_advisory_xact_lock(hashtext('fusion_migracao'))",
    "mssql": "EXEC sp_getapplock @Resource = 'fusion_migracao', @LockMode = 'Exclusive', @LockOwner = 'Transaction'",
}


def _no_banco(conexao: Connection) -> None:
    context.configure(connection=conexao, target_metadata=metadados, version_table=VERSAO)
    with context.begin_transaction():
        if trava := _TRAVAS.get(conexao.dialect.name):
            conexao.execute(text(trava))
        context.run_migrations()


def _como_texto(motor: str) -> None:
    context.configure(dialect_name=motor, target_metadata=metadados, version_table=VERSAO, literal_binds=True)
    # A script has nobody to return the new row to.
    context.get_context().dialect.insert_returning = False
    with context.begin_transaction():
        context.run_migrations()
        if motor == "oracle":
            context.execute("COMMIT")


if context.is_offline_mode():
    _como_texto(context.config.attributes["motor"])
else:
    _no_banco(context.config.attributes["conexao"])
