"""Command line: create or upgrade the FHIR module's tables in the platform's database."""

from __future__ import annotations

import argparse
import os

from sqlalchemy import create_engine

from include.fusion.fhir.platform.migrate import migrar_plataforma


def main(argumentos: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m include.fusion migrate-platform", description="Upgrade the platform's database.")
    parser.add_argument("--url", default=os.environ.get("PLATAFORMA_DB_URL"), help="SQLAlchemy URL (default: $PLATAFORMA_DB_URL)")
    opcoes = parser.parse_args(argumentos)
    if not opcoes.url:
        parser.error("--url or PLATAFORMA_DB_URL is needed")
    engine = create_engine(opcoes.url)
    try:
        migrar_plataforma(engine)
    finally:
        engine.dispose()
    return 0
