"""Database set-up in processes of its own, side by side: ``python -m sandbox.stack.preparo airflow|fila|plataforma|fonte ...``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import psycopg2

from sandbox.sources import brought, sources
from sandbox.stack.ambiente import POOL, dsn, postgres_password
from sandbox.stack.estado import StackState

READY_MARK = "sandbox_pronto"


def serve_airflow(ready: Path, arguments: list[str]) -> None:
    """Migrate Airflow's metadata, create what DAGs refer to, then become the API server.

    One process for both, since both load the same code and that takes longer than all the rest of the start.
    """
    from airflow.__main__ import main as airflow
    from airflow.models.pool import Pool
    from airflow.utils.db import initdb

    initdb()
    name, slots, description = POOL
    Pool.create_or_update_pool(name, slots, description, include_deferred=False)
    ready.touch()
    sys.argv = ["airflow", "api-server", *arguments]
    airflow()


def prepare_fila(url: str) -> None:
    """Migrate the hub's own tables."""
    from sqlalchemy import create_engine

    from include.fusion.store.migrate import migrate

    engine = create_engine(url)
    migrate(engine)
    engine.dispose()


def prepare_platform(state: StackState) -> None:
    """The platform's tables, people and migrations, and every tenant's configuration against the sandbox's FHIR server."""
    from sandbox.origens.plataforma.preparo import prepare

    url = dsn(state, postgres_password(state), "plataforma")
    prepare(url, state.url_fhir, state.secrets["segredo_fhir"], state.secrets["fernet"])


def prepare_source(origin: str, url: str, atendimentos: int) -> None:
    """Create one vendor's database, schema and data, once: a start that was killed half-way leaves no mark, and the next begins anew."""
    server, database = url.rsplit("/", 1)
    if not _run(f"{server}/postgres", "select 1 from pg_database where datname = %s", database) or not _run(
        url, "select 1 from pg_class where relname = %s", READY_MARK
    ):
        _run(f"{server}/postgres", f'drop database if exists "{database}" with (force)')
        _run(f"{server}/postgres", f'create database "{database}"')
        module = sources()[origin].module
        module.create(url)
        module.generate(url, atendimentos, 1)
        _run(url, f"create table public.{READY_MARK} ()")


def _run(url: str, sql: str, *values: str) -> list[tuple[object, ...]]:
    con = psycopg2.connect(url)
    try:
        con.autocommit = True
        with con.cursor() as cur:
            cur.execute(sql, values or None)
            return cur.fetchall() if cur.description else []
    finally:
        con.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.stack.preparo", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    serve_forever = steps.add_parser("airflow", help="Airflow's metadata database and pool, then its API server")
    serve_forever.add_argument("--pronto", type=Path, required=True, help="file that appears when the database is ready")
    serve_forever.add_argument("--argumentos", nargs=argparse.REMAINDER, default=[], help="options of airflow api-server")
    fila = steps.add_parser("fila", help="the hub's queue tables")
    fila.add_argument("--url", required=True)
    platform = steps.add_parser("plataforma", help="the platform's database and its tenants")
    platform.add_argument("--pasta", type=Path, required=True, help="state folder of the stack")
    source_items = steps.add_parser("fonte", help="one vendor's schema and data")
    source_items.add_argument("origem", choices=brought())
    source_items.add_argument("--dsn", required=True)
    source_items.add_argument("--atendimentos", type=int, default=300)
    args = parser.parse_args()
    if args.step == "airflow":
        serve_airflow(args.pronto, args.argumentos)
    elif args.step == "fila":
        prepare_fila(args.url)
    elif args.step == "plataforma":
        prepare_platform(StackState(args.pasta))
    else:
        prepare_source(args.origem, args.dsn, args.atendimentos)


if __name__ == "__main__":
    main()
