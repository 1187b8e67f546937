"""Command ``migrate``: creates or upgrades the hub's tables, or the FHIR module's in the platform's database."""

from __future__ import annotations

import argparse
import os

from sqlalchemy import create_engine

from include.fusion.fhir.platform.migrate import PLATFORM
from include.fusion.store.migrate import HUB, SQL, files, migrate


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m include.fusion migrate", description="Upgrade the integration database.")
    parser.add_argument("--url", help="SQLAlchemy URL (default: $FUSION_DB_URL, with --platform $PLATAFORMA_DB_URL)")
    parser.add_argument("--platform", action="store_true", help="the FHIR module's tables in the platform's database")
    parser.add_argument("--gerar-sql", action="store_true", help="rewrite include/migrations/sql instead")
    options = parser.parse_args(arguments)
    if options.gerar_sql:
        SQL.mkdir(exist_ok=True)
        for path, sql in files().items():
            path.write_text(sql, encoding="utf-8")
        return 0
    variable = "PLATAFORMA_DB_URL" if options.platform else "FUSION_DB_URL"
    if not (url := options.url or os.environ.get(variable)):
        parser.error(f"--url or {variable} is needed")
    engine = create_engine(url)
    try:
        migrate(engine, PLATFORM if options.platform else HUB)
    finally:
        engine.dispose()
    return 0
