"""Command line: create or upgrade the hub's tables, or the FHIR module's in the platform's database."""

from __future__ import annotations

import argparse
import os

from sqlalchemy import create_engine

from include.fusion.fhir.platform.migrate import PLATAFORMA
from include.fusion.store.migrate import HUB, SQL, arquivos, migrar


def main(argumentos: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m include.fusion migrate", description="Upgrade the integration database.")
    parser.add_argument("--url", help="SQLAlchemy URL (default: $FUSION_DB_URL, with --platform $PLATAFORMA_DB_URL)")
    parser.add_argument("--platform", action="store_true", help="the FHIR module's tables in the platform's database")
    parser.add_argument("--gerar-sql", action="store_true", help="rewrite include/migrations/sql instead")
    opcoes = parser.parse_args(argumentos)
    if opcoes.gerar_sql:
        SQL.mkdir(exist_ok=True)
        for caminho, sql in arquivos().items():
            caminho.write_text(sql, encoding="utf-8")
        return 0
    variavel = "PLATAFORMA_DB_URL" if opcoes.platform else "FUSION_DB_URL"
    if not (url := opcoes.url or os.environ.get(variavel)):
        parser.error(f"--url or {variavel} is needed")
    engine = create_engine(url)
    try:
        migrar(engine, PLATAFORMA if opcoes.platform else HUB)
    finally:
        engine.dispose()
    return 0
