"""Alembic's entry: migrates over the connection that ``include.fusion.store.migrate`` gives it, or writes SQL for an engine."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

_LOCKS = {
    # Held until the transaction ends: a second migrating process waits, then finds the work done.
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
    # A script has no use for a RETURNING clause.
    context.get_context().dialect.insert_returning = False
    with context.begin_transaction():
        context.run_migrations()
        if engine == "oracle":
            context.execute("COMMIT")


if context.is_offline_mode():
    _as_text(context.config.attributes["engine"])
else:
    _on_database(context.config.attributes["connection"])
