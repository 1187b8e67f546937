"""The FHIR module's tables in the platform's PostgreSQL: ``python -m include.fusion migrate-platform --url URL``."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from include.fusion.store.migrate import FOLDER as _MIGRATIONS
from include.fusion.store.migrate import Schema, migrate

PLATFORM = Schema("plataforma", "fhir_versao_migracao", "fhir_migracoes")
FOLDER = _MIGRATIONS / PLATFORM.folder
_MADE = text("SELECT 1 FROM fhir_migracoes WHERE versao = :versao")


def migrate_platform(engine: Engine) -> None:
    """Like :func:`migrate`, for the platform's database."""
    migrate(engine, PLATFORM)


def apply_file(con: Connection, revision_file: str) -> None:
    """Run the SQL file of one migration, unless an earlier release ran it (``fhir_migracoes``).

    It is plain SQL, so that a site may run it with the platform's own tool (Prisma).
    """
    file = Path(revision_file).with_suffix(".sql")
    if not (inspect(con).has_table("fhir_migracoes") and con.execute(_MADE, {"versao": file.stem}).first()):
        con.exec_driver_sql(file.read_text(encoding="utf-8"))
