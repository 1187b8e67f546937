"""Watch plans: plain data, the same at every parse, with everything of a system that may change by Git."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from include.fusion.change.pendencies import Pendencias
from include.fusion.change.watch_plan import MARKERS, PlannedQueries, Watch
from include.fusion.errors import InvalidConfiguration
from include.fusion.settings import Integracao, load, obtain
from include.fusion.wiring.names import switched_on, watch_plan
from include.fusion.wiring.watch import source_plan
from tests import ROOT
from tests.plain_settings import as_data, from_data

ENTRIES = load()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_a_plan_is_plain_data_and_always_the_same(entry: Integracao) -> None:
    text = json.dumps(watch_plan(entry))
    assert json.loads(text) == watch_plan(entry)
    assert json.dumps(watch_plan(from_data(json.loads(json.dumps(as_data(entry)))))) == text


@pytest.mark.parametrize("entry", [e for e in ENTRIES if watch_plan(e)["source"]], ids=lambda entry: entry.id)
def test_a_plan_carries_what_its_system_looks_at(entry: Integracao) -> None:
    source, system = watch_plan(entry)["source"], switched_on(entry)
    queries = PlannedQueries(None, source)  # type: ignore[arg-type]  # nothing is asked
    assert [o.nome for o in queries.sistema.origins] == [o.nome for o in system.origins]
    assert [t.table for t in queries.sistema.snapshots] == [t.table for t in system.snapshots]
    for here, there in zip(queries.sistema.origins, system.origins, strict=True):
        assert here.window(entry.search.sobreposicao) == there.window(entry.search.sobreposicao)
        assert queries.sql(here.sql_probe).text and queries.sql(here.sql).text
    assert all(queries.sql(name).text for name in (*queries.journals, *(t.sql_blocks for t in queries.sistema.snapshots)))


def test_a_plan_of_pendencias_says_what_to_ask_fusion_for() -> None:
    entry = obtain("fusion_service")
    search = entry.search
    asks = Watch(watch_plan(entry), lambda _: create_engine("postgresql+psycopg://"), lambda *_: None)._open()
    assert isinstance(asks, Pendencias)
    assert (asks.path, asks.application) == (entry.rotas.aplicacao_pendencia, search.aplicacao)  # type: ignore[attr-defined]
    assert (list(asks.served), asks.page) == (list(search.atende), search.pagina)  # type: ignore[attr-defined]


def test_a_sites_own_statement_is_the_plans(tmp_path: Path) -> None:
    entry = obtain("consulfarma")
    first = switched_on(entry).origins[0]
    (tmp_path / first.sql_probe).write_text("select 1")
    own = watch_plan(entry.model_copy(update={"pasta_sql": tmp_path}))
    assert own["source"]["origins"][0]["probe"] == "select 1" != watch_plan(entry)["source"]["origins"][0]["probe"]


def test_a_marker_that_no_plan_can_carry_is_told_at_once() -> None:
    entry = obtain("consulfarma")
    with pytest.raises(InvalidConfiguration, match="ler_marcador"):
        source_plan(entry, replace(switched_on(entry), read_marker=lambda text: text))
    assert source_plan(entry, replace(switched_on(entry), read_marker=int))["marker"] == "integer"
    assert MARKERS["integer"]("7") == 7


def test_making_a_plan_loads_no_database_library() -> None:
    """Every parse of a DAG file makes one."""
    made = "from include.fusion.settings import load; from include.fusion.wiring.watch import watch_plan; [watch_plan(e) for e in load()]"
    check = f"import sys; {made}; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=ROOT).returncode == 0
