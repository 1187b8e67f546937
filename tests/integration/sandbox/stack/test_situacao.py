"""``make status`` on databases that answer, while Airflow does not."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import create_engine, text

from include.fusion.fhir.platform.tables import metadata as platform_tables
from include.fusion.store.migrate import migrate
from sandbox.postgres import Postgres
from sandbox.processos import free_port
from sandbox.report import query
from sandbox.stack import situacao
from sandbox.stack.estado import StackState
from tests import SETTINGS

ROW = """insert into {table} (integracao_id, processo, chave, operacao, prioridade, situacao, tentativas, reabrir, criado_em)
values (:number, :process, :key, 'alteracao', 5, 'pendente', 0, false, now() - cast(:age as interval))"""


@pytest.fixture
def state(postgres: Postgres, tmp_path: Path) -> Iterator[StackState]:
    """A stack of which only PostgreSQL answers."""
    state = StackState(tmp_path / "stack").create()
    ports = {name: free_port() for name in ("ui", "api", "fhir")} | {"pg": postgres.port}
    (state.folder / "portas.json").write_text(json.dumps(ports))
    state.postgres.mkdir()
    (state.postgres / "postgres.json").write_text(json.dumps({"senha": postgres.password}))
    card = {"pid": 1, "inicio": time.time() - 200}
    state.write_processes({"fase": "healthy", "supervisor": card, "filhos": {"scheduler": card}, "settings": str(SETTINGS)})
    for name in ("fusion_integracao", "plataforma"):
        postgres.create_database(name)
    holder = StackState(state.folder)
    assert holder.lock()
    yield state
    holder.unlock()
    query.close()
    con = psycopg2.connect(postgres.dsn("postgres"))
    con.autocommit = True
    for name in ("fusion_integracao", "plataforma"):
        con.cursor().execute(f'drop database "{name}" with (force)')
    con.close()


def test_installations_have_names_and_rows_have_ages(postgres: Postgres, state: StackState, capsys: pytest.CaptureFixture[str]) -> None:
    hub, platform = (create_engine(postgres.sqlalchemy(name)) for name in ("fusion_integracao", "plataforma"))
    migrate(hub)
    platform_tables.create_all(platform)
    with hub.begin() as con:
        for number, key, age in ((12, "1", "3 hours"), (12, "2", "200 seconds"), (777, "3", "2 days")):
            con.execute(
                text(ROW.format(table="ImportacaoAtendimento")), {"number": number, "process": "importacao", "key": key, "age": age}
            )
    with platform.begin() as con:
        con.execute(text(ROW.format(table="SincronizacaoFhir")), {"number": -5, "process": "hospital-a", "key": "o1", "age": "5 seconds"})
    hub.dispose()
    platform.dispose()
    assert situacao.show(state) == 1
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "scheduler no há 3 min 1" in rows
    assert "Consulfarma importacaoatendimento importacao pendente 2 há 3 h há 3 min" in rows
    assert "IntegracaoID 777 importacaoatendimento importacao pendente 1 há 2 d há 2 d" in rows
    assert "FHIR sincronizacaofhir hospital-a pendente 1 há 5 s há 5 s" in rows
    assert "scheduler no answer" in rows


def test_a_stack_that_has_just_begun_has_no_queues_yet(state: StackState, capsys: pytest.CaptureFixture[str]) -> None:
    (state.postgres / "postgres.json").unlink()
    assert situacao.show(state) == 1
    assert "queues: PostgreSQL does not answer" in capsys.readouterr().out
