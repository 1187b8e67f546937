"""Database set-up in processes of its own, side by side: ``python -m sandbox.stack.preparo airflow|fila|plataforma|fonte ...``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import psycopg2

from sandbox.sources import brought, sources
from sandbox.stack.ambiente import POOL, dsn, senha_postgres
from sandbox.stack.estado import Estado

MARCA_PRONTO = "sandbox_pronto"


def servir_airflow(pronto: Path, argumentos: list[str]) -> None:
    """Migrate Airflow's metadata, create what DAGs refer to, then become the API server.

    One process for both, since both load the same code and that takes longer than all the rest of the start.
    """
    from airflow.__main__ import main as airflow
    from airflow.models.pool import Pool
    from airflow.utils.db import initdb

    initdb()
    nome, vagas, descricao = POOL
    Pool.create_or_update_pool(nome, vagas, descricao, include_deferred=False)
    pronto.touch()
    sys.argv = ["airflow", "api-server", *argumentos]
    airflow()


def preparar_fila(url: str) -> None:
    """Migrate the hub's own tables."""
    from sqlalchemy import create_engine

    from include.fusion.store.migrate import migrar

    engine = create_engine(url)
    migrar(engine)
    engine.dispose()


def preparar_plataforma(estado: Estado) -> None:
    """The platform's tables, people and migrations, and every tenant's configuration against the sandbox's FHIR server."""
    from sandbox.origens.plataforma.preparo import preparar

    url = dsn(estado, senha_postgres(estado), "plataforma")
    preparar(url, estado.url_fhir, estado.segredos["segredo_fhir"], estado.segredos["fernet"])


def preparar_fonte(origem: str, url: str, atendimentos: int) -> None:
    """Create one vendor's database, schema and data, once: a start that was killed half-way leaves no mark, and the next begins anew."""
    servidor, banco = url.rsplit("/", 1)
    if not _executar(f"{servidor}/postgres", "select 1 from pg_database where datname = %s", banco) or not _executar(
        url, "select 1 from pg_class where relname = %s", MARCA_PRONTO
    ):
        _executar(f"{servidor}/postgres", f'drop database if exists "{banco}" with (force)')
        _executar(f"{servidor}/postgres", f'create database "{banco}"')
        modulo = sources()[origem].module
        modulo.criar(url)
        modulo.gerar(url, atendimentos, 1)
        _executar(url, f"create table public.{MARCA_PRONTO} ()")


def _executar(url: str, sql: str, *valores: str) -> list[tuple[object, ...]]:
    con = psycopg2.connect(url)
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
    servir = passos.add_parser("airflow", help="Airflow's metadata database and pool, then its API server")
    servir.add_argument("--pronto", type=Path, required=True, help="file that appears when the database is ready")
    servir.add_argument("--argumentos", nargs=argparse.REMAINDER, default=[], help="options of airflow api-server")
    fila = passos.add_parser("fila", help="the hub's queue tables")
    fila.add_argument("--url", required=True)
    plataforma = passos.add_parser("plataforma", help="the platform's database and its tenants")
    plataforma.add_argument("--pasta", type=Path, required=True, help="state folder of the stack")
    fonte = passos.add_parser("fonte", help="one vendor's schema and data")
    fonte.add_argument("origem", choices=brought())
    fonte.add_argument("--dsn", required=True)
    fonte.add_argument("--atendimentos", type=int, default=300)
    args = parser.parse_args()
    if args.passo == "airflow":
        servir_airflow(args.pronto, args.argumentos)
    elif args.passo == "fila":
        preparar_fila(args.url)
    elif args.passo == "plataforma":
        preparar_plataforma(Estado(args.pasta))
    else:
        preparar_fonte(args.origem, args.dsn, args.atendimentos)


if __name__ == "__main__":
    main()
