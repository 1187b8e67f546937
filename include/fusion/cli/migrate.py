"""Command line: create or upgrade the hub's tables."""

from __future__ import annotations

import argparse
import os

from sqlalchemy import create_engine

from include.fusion.store.migrate import SQL, arquivos, migrar


def main(argumentos: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m include.fusion migrate", description="Upgrade the integration database.")
    parser.add_argument("--url", default=os.environ.get("FUSION_DB_URL"), help="SQLAlchemy URL (default: $FUSION_DB_URL)")
    parser.add_argument("--gerar-sql", action="store_true", help="rewrite include/migrations/sql instead")
    opcoes = parser.parse_args(argumentos)
    if opcoes.gerar_sql:
        SQL.mkdir(exist_ok=True)
        for caminho, sql in arquivos().items():
            caminho.write_text(sql, encoding="utf-8")
        return 0
    if not opcoes.url:
        parser.error("--url or FUSION_DB_URL is needed")
    engine = create_engine(opcoes.url)
    try:
        migrar(engine)
    finally:
        engine.dispose()
    return 0
