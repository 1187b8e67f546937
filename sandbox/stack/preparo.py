"""Database set-up that needs a process of its own: ``python -m sandbox.stack.preparo airflow|fontes ...``.

Both run side by side while the stack starts: Airflow's migration takes seconds, and so does inventing patients.
"""

from __future__ import annotations

import argparse
import importlib

import psycopg2

ORIGENS = {"consulfarma": "consulfarma", "esus_ab": "esus"}
"""Source system → its database."""
MARCA_PRONTO = "sandbox_pronto"


def preparar_airflow() -> None:
    """Migrate Airflow's metadata and create what DAGs refer to. Needs Airflow's environment."""
    from airflow.models.pool import Pool
    from airflow.utils.db import initdb

    from sandbox.stack.ambiente import POOL

    initdb()
    nome, vagas, descricao = POOL
    Pool.create_or_update_pool(nome, vagas, descricao, include_deferred=False)


def preparar_fila(url: str) -> None:
    """Migrate the hub's own tables."""
    from sqlalchemy import create_engine

    from include.fusion.migracoes import migrar

    engine = create_engine(url)
    migrar(engine)
    engine.dispose()


def preparar_fonte(origem: str, dsn: str, atendimentos: int) -> None:
    """Create one vendor's database, schema and data, once: a start that was killed half-way leaves no mark, and the next begins anew."""
    servidor, banco = dsn.rsplit("/", 1)
    if not _executar(f"{servidor}/postgres", "select 1 from pg_database where datname = %s", banco) or not _executar(
        dsn, "select 1 from pg_class where relname = %s", MARCA_PRONTO
    ):
        _executar(f"{servidor}/postgres", f'drop database if exists "{banco}" with (force)')
        _executar(f"{servidor}/postgres", f'create database "{banco}"')
        modulo = importlib.import_module(f"sandbox.origens.{origem}")
        modulo.criar(dsn)
        modulo.gerar(dsn, atendimentos, 1)
        _executar(dsn, f"create table public.{MARCA_PRONTO} ()")


def _executar(dsn: str, sql: str, *valores: str) -> list[tuple[object, ...]]:
    con = psycopg2.connect(dsn)
    try:
        con.autocommit = True
        with con.cursor() as cur:
            cur.execute(sql, valores or None)
            return cur.fetchall() if cur.description else []
    finally:
        con.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.stack.preparo", description=__doc__)
    passos = parser.add_subparsers(dest="passo", required=True)
    passos.add_parser("airflow", help="Airflow's metadata database and pool")
    fila = passos.add_parser("fila", help="the hub's queue tables")
    fila.add_argument("--url", required=True)
    fonte = passos.add_parser("fonte", help="one vendor's schema and data")
    fonte.add_argument("origem", choices=ORIGENS)
    fonte.add_argument("--dsn", required=True)
    fonte.add_argument("--atendimentos", type=int, default=300)
    args = parser.parse_args()
    if args.passo == "airflow":
        preparar_airflow()
    elif args.passo == "fila":
        preparar_fila(args.url)
    else:
        preparar_fonte(args.origem, args.dsn, args.atendimentos)


if __name__ == "__main__":
    main()
