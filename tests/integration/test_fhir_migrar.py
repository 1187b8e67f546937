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
from include.fusion.fhir.config.secrets import Cofre
from include.fusion.fhir.platform.migrate import PASTA, migrar_plataforma
from sandbox.origens import plataforma

RAIZ = Path(__file__).resolve().parents[2]
INIT = yaml.safe_load((RAIZ / "docker-compose.yaml").read_text())["services"]["init"]
CAMINHO = INIT["environment"]["PYTHONPATH"].replace("/opt/fusion", str(RAIZ))


def migrar(pasta: Path, ambiente: dict[str, str], *opcoes: str) -> str:
    """All that the command printed; it must have succeeded."""
    limpo = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")}
    ambiente = {**limpo, "AIRFLOW_HOME": str(pasta), **ambiente, "PYTHONPATH": CAMINHO}
    [comando] = [x.split() for x in INIT["command"][0].splitlines() if "fhir" in x]
    feito = subprocess.run([sys.executable, *comando[1:], *opcoes], env=ambiente, cwd=pasta, capture_output=True, text=True, timeout=120)
    assert feito.returncode == 0, feito.stderr[-2000:]
    return feito.stdout


def conexao(**campos: object) -> dict[str, str]:
    return {"AIRFLOW_CONN_PLATAFORMA": json.dumps({"conn_type": "postgres", **campos})}


def test_the_connection_is_all_it_needs_and_repeating_is_harmless(banco: str, tmp_path: Path) -> None:
    plataforma.criar(banco)
    url = urlsplit(banco)
    certa = {"host": url.hostname, "port": url.port, "schema": url.path[1:], "login": url.username, "password": url.password}
    for _ in range(2):
        assert "banco da plataforma em dia" in migrar(tmp_path, conexao(**certa))
    con = psycopg2.connect(banco)
    with con.cursor() as cur:
        cur.execute("select version_num from fhir_versao_migracao")
        assert cur.fetchall() == [(max(PASTA.glob("*.sql")).stem,)]
    con.close()


def test_tables_that_the_platforms_own_tool_made_are_taken_as_they_are(banco: str, engine: Engine) -> None:
    plataforma.criar(banco)
    for arquivo in sorted(PASTA.glob("*.sql")):
        with engine.begin() as con:
            con.exec_driver_sql(arquivo.read_text(encoding="utf-8"))
    migrar_plataforma(engine)


def test_what_an_earlier_release_applied_is_not_applied_again(banco: str, engine: Engine) -> None:
    plataforma.criar(banco)
    migrar_plataforma(engine)
    with engine.begin() as con:  # As a site of that release is: its own record, and none of Alembic's.
        con.exec_driver_sql("drop table fhir_versao_migracao")
        con.exec_driver_sql("create table fhir_migracoes (versao text primary key, em timestamptz not null default statement_timestamp())")
        con.exec_driver_sql("insert into fhir_migracoes (versao) values ('0001_fhir')")
        con.exec_driver_sql("drop index ix_fhir_config_audit_tenant; drop table fhir_webhook_recebidos")
    assert main(["migrate-platform", "--url", banco.replace("postgresql://", "postgresql+psycopg2://")]) == 0
    tabelas = inspect(engine)
    assert tabelas.has_table("fhir_webhook_recebidos")
    assert "ix_fhir_config_audit_tenant" not in {i["name"] for i in tabelas.get_indexes("fhir_config_audit")}


def test_every_sql_file_has_its_place_in_the_order() -> None:
    assert {f.stem for f in PASTA.glob("*.sql")} == {f.stem for f in PASTA.glob("*.py")}


def test_without_a_platform_there_is_nothing_to_do(tmp_path: Path, mundo: Any) -> None:
    assert "nada a migrar" in migrar(tmp_path, conexao(host=""))  # As the example file has it.
    sem_ela = {k: v for k, v in mundo.airflow.env.items() if k != "AIRFLOW_CONN_PLATAFORMA"}
    assert "nada a migrar" in migrar(tmp_path, sem_ela)


def test_every_stored_access_gets_the_newest_key(banco: str, tmp_path: Path) -> None:
    plataforma.criar(banco)
    url = urlsplit(banco)
    certa = conexao(host=url.hostname, port=url.port, schema=url.path[1:], login=url.username, password=url.password)
    velha, nova = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    con = psycopg2.connect(banco)
    migrar(tmp_path, certa)
    with con, con.cursor() as cur:
        cur.execute(
            "insert into fhir_integration_configs (id, tenant_id, base_url, auth_type, auth_config) values ('1', 't', 'https://ehr.example.com', 'basic', %s)",
            (json.dumps(Cofre([velha]).fechar({"username": "x"})),),
        )
    cofre = {"AIRFLOW_CONN_FHIR_COFRE": json.dumps({"conn_type": "generic", "password": f"{nova},{velha}"})}
    assert "1 acesso(s)" in migrar(tmp_path, {**certa, **cofre}, "--girar-chaves")
    with con, con.cursor() as cur:
        cur.execute("select auth_config from fhir_integration_configs")
        assert Cofre([nova]).abrir(cur.fetchone()[0]) == {"username": "x"}
    con.close()
