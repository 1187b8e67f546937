"""Alembic's entry: runs on the connection that ``include.fusion.store.migrate`` hands over, or writes SQL for a named engine."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

_LOCKS = {
    # Until the transaction ends: the second of two migrating processes waits, then finds the work done.
    "postgresql": "SELECT pg_advisory_xact_lock(hashtext('{}'))",
    "mssql": "EXEC sp_getapplock @Resource = '{}', @LockMode = 'Exclusive', @LockOwner = 'Transaction'",
}


def _on_database(connection: Connection) -> None:
    schema = context.config.attributes["schema"]
    context.configure(connection=connection, version_table=schema.table)
    with context.begin_transaction():
        if lock := _LOCKS.get(connection.dialect.name):
            connection.execute(text(lock.format(schema.lock)))
        context.run_migrations()


def _as_text(engine: str) -> None:
    context.configure(dialect_name=engine, version_table=context.config.attributes["schema"].table, literal_binds=True)
    # A script has nobody to return the new row to.
    context.get_context().dialect.insert_returning = False
    with context.begin_transaction():
        context.run_migrations()
        if engine == "oracle":
            context.execute("COMMIT")


if context.is_offline_mode():
    _as_text(context.config.attributes["motor"])
else:
    _on_database(context.config.attributes["conexao"])
