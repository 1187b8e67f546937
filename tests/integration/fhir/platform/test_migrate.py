"""The platform's migration as the compose file's init service runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import yaml
from cryptography.fernet import Fernet
from sqlalchemy import Engine, inspect

from include.fusion.__main__ import main
from include.fusion.fhir.config.secrets import Secrets
from include.fusion.fhir.platform.migrate import FOLDER, migrate_platform
from sandbox.origens import plataforma
from tests import ROOT

INIT = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]["init"]
PATH = INIT["environment"]["PYTHONPATH"].replace("/opt/fusion", str(ROOT))


def migrate(folder: Path, environment: dict[str, str], *options: str) -> str:
    """All that the command printed; it must have succeeded."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")}
    environment = {**clean, "AIRFLOW_HOME": str(folder), **environment, "PYTHONPATH": PATH}
    [command] = [x.split() for x in INIT["command"][0].splitlines() if "fhir" in x]
    done = subprocess.run(
        [sys.executable, *command[1:], *options], env=environment, cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def connection(**fields: object) -> dict[str, str]:
    return {"AIRFLOW_CONN_PLATAFORMA": json.dumps({"conn_type": "postgres", **fields})}


def test_the_connection_is_all_it_needs_and_repeating_is_harmless(database: str, tmp_path: Path) -> None:
    plataforma.create(database)
    url = urlsplit(database)
    right = {"host": url.hostname, "port": url.port, "schema": url.path[1:], "login": url.username, "password": url.password}
    for _ in range(2):
        assert "banco da plataforma em dia" in migrate(tmp_path, connection(**right))
    con = psycopg2.connect(database)
    with con.cursor() as cur:
        cur.execute("select version_num from fhir_versao_migracao")
        assert cur.fetchall() == [(max(FOLDER.glob("*.sql")).stem,)]
    con.close()


def test_tables_that_the_platforms_own_tool_made_are_taken_as_they_are(database: str, engine: Engine) -> None:
    plataforma.create(database)
    for file in sorted(FOLDER.glob("*.sql")):
        with engine.begin() as con:
            con.exec_driver_sql(file.read_text(encoding="utf-8"))
    migrate_platform(engine)


def test_what_an_earlier_release_applied_is_not_applied_again(database: str, engine: Engine) -> None:
    plataforma.create(database)
    migrate_platform(engine)
    with engine.begin() as con:  # As a site of that release is: its own record, and none of Alembic's.
        con.exec_driver_sql("drop table fhir_versao_migracao")
        con.exec_driver_sql("create table fhir_migracoes (versao text primary key, em timestamptz not null default statement_timestamp())")
        con.exec_driver_sql("insert into fhir_migracoes (versao) values ('0001_fhir')")
        con.exec_driver_sql("drop index ix_fhir_config_audit_tenant; drop table fhir_webhook_recebidos")
    assert main(["migrate-platform", "--url", database.replace("postgresql://", "postgresql+psycopg2://")]) == 0
    tables = inspect(engine)
    assert tables.has_table("fhir_webhook_recebidos")
    assert "ix_fhir_config_audit_tenant" not in {i["name"] for i in tables.get_indexes("fhir_config_audit")}


def test_every_sql_file_has_its_place_in_the_order() -> None:
    assert {f.stem for f in FOLDER.glob("*.sql")} == {f.stem for f in FOLDER.glob("*.py")}


def test_without_a_platform_there_is_nothing_to_do(tmp_path: Path, world: Any) -> None:
    assert "nada a migrar" in migrate(tmp_path, connection(host=""))  # As the example file has it.
    sem_ela = {k: v for k, v in world.airflow.env.items() if k != "AIRFLOW_CONN_PLATAFORMA"}
    assert "nada a migrar" in migrate(tmp_path, sem_ela)


def test_every_stored_access_gets_the_newest_key(database: str, tmp_path: Path) -> None:
    plataforma.create(database)
    url = urlsplit(database)
    right = connection(host=url.hostname, port=url.port, schema=url.path[1:], login=url.username, password=url.password)
    velha, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    con = psycopg2.connect(database)
    migrate(tmp_path, right)
    with con, con.cursor() as cur:
        cur.execute(
            "insert into fhir_integration_configs (id, tenant_id, base_url, auth_type, auth_config) values ('1', 't', 'https://ehr.example.com', 'basic', %s)",
            (json.dumps(Secrets([velha]).close({"username": "x"})),),
        )
    secrets = {"AIRFLOW_CONN_FHIR_COFRE": json.dumps({"conn_type": "generic", "password": f"{new},{velha}"})}
    assert "1 acesso(s)" in migrate(tmp_path, {**right, **secrets}, "--girar-chaves")
    with con, con.cursor() as cur:
        cur.execute("select auth_config from fhir_integration_configs")
        [(stored,)] = cur.fetchall()
        assert Secrets([new]).open(stored) == {"username": "x"}
    con.close()
