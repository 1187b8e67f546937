"""A push to a hub that runs: a system that it never heard of is watched and delivered, and so is a changed statement. Nothing is restarted.

First by name, so that its stack is gone before the one of all other tests starts.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.git_hub import GitHub

FOLDER = "include/fusion/sistemas/exemplo"
SYSTEM = '''"""Exemplo: a made-up system of one table."""

from include.fusion.mapping import dates, sections, values
from include.fusion.model.atendimento import Atendimento, Paciente
from include.fusion.reading.spec import Detail, Origin, SystemSpec


def map_record(data, ctx):
    a = sections.only_row(data, "atendimento")
    return Atendimento(
        codigo=str(a["chave"]),
        paciente=Paciente(codigo=str(a["paciente_id"]), nome=values.to_text(a["nome"]), sexo="IGNORADO"),
        tipo="AMBULATORIAL",
        situacao="EM_ATENDIMENTO",
        data_inicio=dates.date_time(a["inicio"], ctx.zone, "inicio"),
    )


SYSTEM = SystemSpec(
    nome="exemplo",
    origins=(Origin("atendimento"),),
    details=(Detail("atendimento"),),
    map_record=map_record,
    key_type=int,
)
'''
READ = "SELECT a.id AS chave, a.paciente_id, a.nome, a.inicio FROM exemplo.atendimento a WHERE a.id IN :chaves"
CHANGE = """SELECT a.{moment} AS marcador, a.id AS chave, a.paciente_id AS chave_paciente, 'alteracao' AS operacao
FROM exemplo.atendimento a
WHERE a.{moment} >= :marcador AND (:chave IS NULL OR a.{moment} > :marcador OR a.id > :chave)
ORDER BY a.{moment}, a.id
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY"""
PROBE = "SELECT COUNT(*) AS quantidade, MAX(a.{moment}) AS marcador FROM exemplo.atendimento a WHERE a.{moment} > :marcador"
DAG = '''"""
# Exemplo → Fusion

## Se falhar
1. Limpe a tarefa (**Clear**).
"""

from include.fusion.settings import Usual
from include.fusion.wiring import integration

# Airflow looks for DAGs only in files that name it.
for dag, step in integration(Usual, __doc__, system="exemplo"):
    with dag:
        step.search("carga", "Carga", takes_form=True) >> step.deliver("importacao", "Importação")
'''
ENTRY = {
    "id": "exemplo",
    "sistema": "exemplo",
    "nome": "Exemplo",
    "IntegracaoID": 90,
    "fuso_horario": "UTC",
    "conexoes": {"origem": "exemplo"},
    # What the watcher misses must not be found by the clock.
    "rede_de_seguranca": "1.00:00:00",
    "carga": {"sobreposicao": 2},
    "importacao": {"permanencia": 1},
}
TABLE = """create schema exemplo; create table exemplo.atendimento (id bigint primary key, paciente_id bigint, nome text, inicio timestamp,
    alterado_em timestamp default (now() at time zone 'utc'), tocado_em timestamp default (now() at time zone 'utc'))"""


def statements(moment: str) -> dict[str, str]:
    """Files that tell a change by this column."""
    return {
        f"{FOLDER}/sql/change_atendimento.sql": CHANGE.format(moment=moment),
        f"{FOLDER}/sql/probe_atendimento.sql": PROBE.format(moment=moment),
    }


@pytest.fixture
def hub() -> Iterator[GitHub]:
    hub = GitHub(Path(tempfile.mkdtemp(prefix="fusion-e2e-git-")))
    try:
        yield hub.open()
    finally:
        hub.close()


def delivered(hub: GitHub) -> Any:
    """The name that Fusion has of the one patient."""
    return hub.one("fusion", "select max(corpo -> 'paciente' ->> 'nome') from registro where integracao_id = 90")


def test_a_push_is_watched_without_a_restart(hub: GitHub) -> None:
    started = hub.started()
    hub.stack._postgres.create_database("exemplo")
    hub.sql("exemplo", TABLE)
    login = {"conn_type": "postgres", "host": "127.0.0.1", "port": hub.estado.ports["pg"], "schema": "exemplo", "login": "fusion"}
    hub.api("POST", "/connections", {"connection_id": "exemplo", "password": hub.stack.pg_password, **login})

    pushed = time.monotonic()
    hub.commit(
        {
            f"{FOLDER}/__init__.py": '"""Exemplo."""\n',
            f"{FOLDER}/system.py": SYSTEM,
            f"{FOLDER}/depara.yaml": "catalogos: {sexo: {politica: recusar, codigos: {M: MASCULINO}}}\n",
            f"{FOLDER}/sql/read_atendimento.sql": READ,
            **statements("alterado_em"),
            **hub.settings(ENTRY),
            "dags/exemplo.py": DAG,
        }
    )
    # A new DAG runs once by the clock, and finds nothing.
    hub.wait(lambda: [run["state"] for run in hub.runs("exemplo")] == ["success"], "the new DAG did not run")
    hub.sql("exemplo", "insert into exemplo.atendimento values (1, 7, 'Ana', timestamp '2026-01-02 03:04')")
    hub.wait(lambda: delivered(hub) == "Ana", "the new system is not watched")
    print(f"a pushed system's first record arrived after {time.monotonic() - pushed:.0f} s", flush=True)
    assert {run["run_type"] for run in hub.runs("exemplo")} == {"scheduled", "asset_triggered"}

    pushed = time.monotonic()
    hub.commit(statements("tocado_em"))
    hub.sql("exemplo", "update exemplo.atendimento set nome = 'Bia', tocado_em = (now() at time zone 'utc') + interval '1 second'")
    hub.wait(lambda: delivered(hub) == "Bia", "the changed statement is not watched")
    print(f"a change that only a pushed statement sees arrived after {time.monotonic() - pushed:.0f} s", flush=True)
    assert hub.started() == started
    assert "nova tentativa" not in (hub.estado.logs / "triggerer.log").read_text()
