"""Create and upgrade what we keep in a database: ``python -m include.fusion migrate --url URL``.

``--gerar-sql`` rewrites the checked-in SQL under ``include/migrations/sql``: what the migrations do on each engine, for a site whose
database administrators run it themselves, and the queue's statements, to be read and compared.
"""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from include.fusion.store.filas.fila import DIALETOS
from include.fusion.store.tables import FILAS

PASTA = Path(__file__).resolve().parents[2] / "migrations"
SQL = PASTA / "sql"
MOTORES = tuple(DIALETOS)
_UMA_POR_VEZ = threading.Lock()
"""Alembic keeps the running migration in a global of the process; between processes the database's lock serialises."""


@dataclass(frozen=True)
class Schema:
    """One database's migrations: the folder that has them; ``table`` records which ran: a name of our own, since others keep theirs there."""

    folder: str
    table: str
    lock: str


HUB = Schema("versions", "versao_migracao", "fusion_migracao")


def _config(schema: Schema, saida: io.StringIO | None = None) -> Config:
    config = Config(output_buffer=saida)
    # Percent signs are interpolation to the config parser.
    config.set_main_option("script_location", str(PASTA).replace("%", "%%"))
    config.set_main_option("version_locations", str(PASTA / schema.folder).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["schema"] = schema
    return config


def migrar(engine: Engine, schema: Schema = HUB) -> None:
    """Bring the database up to date. Harmless to repeat, and safe while another process migrates the same database."""
    config = _config(schema)
    with _UMA_POR_VEZ, engine.connect().execution_options(isolation_level="READ COMMITTED") as conexao:
        config.attributes["conexao"] = conexao
        command.upgrade(config, "head")
        conexao.commit()


def gerar_sql(motor: str) -> str:
    """Every migration of the hub as one SQL script for ``motor``."""
    saida = io.StringIO()
    config = _config(HUB, saida)
    config.attributes["motor"] = motor
    command.upgrade(config, "head", sql=True)
    return "\n".join(linha.rstrip() for linha in saida.getvalue().strip().splitlines()) + "\n"


def comandos_da_fila(motor: str) -> str:
    """The queue's statements that are written per engine, with named binds, as one script."""
    tabela = next(iter(FILAS.values()))
    comandos = DIALETOS[motor].comandos(tabela)
    return "\n".join(f"-- {nome}\n{sql.rstrip(';')};\n" for nome, sql in comandos.items())


def arquivos() -> dict[Path, str]:
    """What belongs under ``include/migrations/sql``."""
    migracoes = {SQL / f"{motor}.sql": gerar_sql(motor) for motor in MOTORES}
    return {**migracoes, **{SQL / f"filas_{motor}.sql": comandos_da_fila(motor) for motor in MOTORES}}
