"""Bring the platform's PostgreSQL up to date: ``python -m include.fusion migrate-platform --url URL``.

Plain checked-in SQL, not a branch of the hub's Alembic: the database is the platform's, it is PostgreSQL only, and its own tool (Prisma)
takes SQL files as they are, so that a site may apply the same text there and never run this.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, text

PASTA = Path(__file__).resolve().parents[3] / "migrations" / "plataforma"
_CONTROLE = "CREATE TABLE IF NOT EXISTS fhir_migracoes (versao TEXT PRIMARY KEY, em TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT statement_timestamp())"


def migrar_plataforma(engine: Engine) -> None:
    """Apply what is missing, in one transaction. Harmless to repeat, and safe while another process does the same."""
    with engine.begin() as con:
        con.execute(text("SELECT pg_advisory_xact_lock(hashtext('fhir_migracoes'))"))
        con.execute(text(_CONTROLE))
        feitas = set(con.execute(text("SELECT versao FROM fhir_migracoes")).scalars())
        for arquivo in sorted(PASTA.glob("*.sql")):
            if arquivo.stem not in feitas:
                con.exec_driver_sql(arquivo.read_text(encoding="utf-8"))
                con.execute(text("INSERT INTO fhir_migracoes (versao) VALUES (:v)"), {"v": arquivo.stem})
