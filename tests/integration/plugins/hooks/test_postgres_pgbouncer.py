"""The hub behind a real pgbouncer in transaction mode; skipped without one (Debian: ``apt-get install pgbouncer``)."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from fusion_airflow.hooks.engines import engine_for
from include.fusion.store.filas import Fila, FilaItem
from sandbox.postgres import Postgres
from sandbox.processos import end_process, free_port, start_run, unprivileged_user
from tests.databases import run_sql

PROGRAM = shutil.which("pgbouncer") or ""
pytestmark = pytest.mark.skipif(not PROGRAM, reason="no pgbouncer")
WHO = "select pg_backend_pid(), current_setting('statement_timeout'), current_setting('application_name')"


@pytest.fixture
def pooled(postgres: Postgres, integration: str) -> Iterator[str]:
    """The integration database behind a pooler that has one session; its URL."""
    port, name, account = free_port(), integration.rsplit("/", 1)[1], unprivileged_user()
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n{name} = host=127.0.0.1 port={postgres.port} user={postgres.user} password={postgres.password}\n[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 1\n"
    )
    if account is not None:  # It refuses to run as root.
        for path in (folder, folder / "pgbouncer.ini"):
            os.chown(path, account.pw_uid, account.pw_gid)
    process = start_run([PROGRAM, str(folder / "pgbouncer.ini")], log=folder / "log", account=account)
    url = f"postgresql://hub:x@127.0.0.1:{port}/{name}"
    for _ in range(100):
        try:
            run_sql(url, "select 1")
            break
        except psycopg2.OperationalError:
            time.sleep(0.1)
    yield url
    end_process(process)
    shutil.rmtree(folder)


@pytest.fixture
def hub(pooled: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("AIRFLOW_CONN_FUSION_DB", pooled)
    engine = engine_for("fusion_db", application="mv.carga", time_limit=7)
    yield engine
    engine.dispose()


def test_the_hubs_time_limit_reaches_no_other_client(hub: Engine, pooled: str) -> None:
    with hub.begin() as con:
        session, *own = con.execute(text(WHO)).one()
    assert own == ["7s", "mv.carga"]
    assert run_sql(pooled, WHO)[0][:2] == (session, "0")


def test_the_hubs_statements_have_their_limit_there(pooled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_FUSION_DB", pooled)
    engine = engine_for("fusion_db", time_limit=0.3)
    with engine.connect() as con, pytest.raises(OperationalError, match="statement timeout"):
        con.execute(text("select pg_sleep(20)"))
    engine.dispose()


def test_queues_work_there_with_their_temporary_tables(hub: Engine) -> None:
    fila = Fila(hub, 1, "importacao")
    with hub.begin() as con:
        fila.enqueue(con, [FilaItem(str(n), f"p{n}") for n in range(2000)])
    assert len(fila.reserve(500, "d#1|", timedelta(minutes=1))) == 500
