"""Create and upgrade our tables: ``python -m include.fusion migrate --url URL``.

``--gerar-sql`` rewrites the SQL under ``include/migrations/sql``: the migrations of each engine, for sites where database administrators run
them by hand, and the queue's statements, for review.
"""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from include.fusion.store.filas.fila import DIALECTS
from include.fusion.store.tables import FILAS

FOLDER = Path(__file__).resolve().parents[2] / "migrations"
SQL = FOLDER / "sql"
ENGINES = tuple(DIALECTS)
_ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps the running migration in a global variable. Between processes, the database's lock does the same."""


@dataclass(frozen=True)
class Schema:
    """Migrations of one database: their folder, the table that records which ran (a name of our own: others keep theirs there), the lock."""

    folder: str
    table: str
    lock: str


HUB = Schema("versions", "versao_migracao", "fusion_migracao")


def _config(schema: Schema, output: io.StringIO | None = None) -> Config:
    config = Config(output_buffer=output)
    # Percent signs are interpolation to the config parser.
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("version_locations", str(FOLDER / schema.folder).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["schema"] = schema
    return config


def migrate(engine: Engine, schema: Schema = HUB) -> None:
    """Bring the database up to date. Harmless to repeat, and safe while another process migrates the same database."""
    config = _config(schema)
    with _ONE_AT_A_TIME, engine.connect().execution_options(isolation_level="READ COMMITTED") as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def is_migrated(con: Connection, schema: Schema = HUB) -> bool:
    """Whether this database has every migration. Raises ``DBAPIError`` when it has none, or does not let this account see."""
    head = ScriptDirectory.from_config(_config(schema)).get_current_head()
    return bool(con.execute(text(f"SELECT version_num FROM {schema.table}")).scalar() == head)


def make_sql(engine: str) -> str:
    """Every migration of the hub as one SQL script for ``engine``."""
    output = io.StringIO()
    config = _config(HUB, output)
    config.attributes["engine"] = engine
    command.upgrade(config, "head", sql=True)
    return "\n".join(line.rstrip() for line in output.getvalue().strip().splitlines()) + "\n"


def fila_statements(engine: str) -> str:
    """The queue's statements for this engine as one script, with named binds."""
    statements = DIALECTS[engine].commands(next(iter(FILAS.values())))
    return "\n".join(f"-- {name}\n{sql.rstrip(';')};\n" for name, sql in statements.items())


def files() -> dict[Path, str]:
    """What belongs under ``include/migrations/sql``."""
    migrations = {SQL / f"{engine}.sql": make_sql(engine) for engine in ENGINES}
    return {**migrations, **{SQL / f"filas_{engine}.sql": fila_statements(engine) for engine in ENGINES}}
