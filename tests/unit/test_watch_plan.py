"""Watch plans: plain data, the same at every parse, with everything of a system that may change by Git."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from include.fusion.change.watch_plan import MARKERS, PlannedQueries
from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.settings import Integracao, carregar, obter
from include.fusion.wiring import switched_on, watch_plan
from include.fusion.wiring.watch import source_plan
from tests.dags.apoio import RAIZ
from tests.plain_settings import como_dados, de_dados

ENTRIES = carregar()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_a_plan_is_plain_data_and_always_the_same(entry: Integracao) -> None:
    text = json.dumps(watch_plan(entry))
    assert json.loads(text) == watch_plan(entry)
    assert json.dumps(watch_plan(de_dados(json.loads(json.dumps(como_dados(entry)))))) == text


@pytest.mark.parametrize("entry", [e for e in ENTRIES if watch_plan(e)["source"]], ids=lambda entry: entry.id)
def test_a_plan_carries_what_its_system_looks_at(entry: Integracao) -> None:
    source, system = watch_plan(entry)["source"], switched_on(entry)
    queries = PlannedQueries(None, source)  # type: ignore[arg-type] - nothing is asked
    assert [o.nome for o in queries.sistema.origens] == [o.nome for o in system.origens]
    assert [t.tabela for t in queries.sistema.retratos] == [t.tabela for t in system.retratos]
    for here, there in zip(queries.sistema.origens, system.origens, strict=True):
        assert here.janela(entry.busca.sobreposicao) == there.janela(entry.busca.sobreposicao)
        assert queries.sql(here.sql_vigia).text and queries.sql(here.sql).text
    assert all(queries.sql(name).text for name in (*queries.journals, *(t.sql_blocos for t in queries.sistema.retratos)))


def test_a_sites_own_statement_is_the_plans(tmp_path: Path) -> None:
    entry = obter("consulfarma")
    first = switched_on(entry).origens[0]
    (tmp_path / first.sql_vigia).write_text("select 1")
    own = watch_plan(entry.model_copy(update={"pasta_sql": tmp_path}))
    assert own["source"]["origins"][0]["probe"] == "select 1" != watch_plan(entry)["source"]["origins"][0]["probe"]


def test_a_marker_that_no_plan_can_carry_is_told_at_once() -> None:
    entry = obter("consulfarma")
    with pytest.raises(ConfiguracaoInvalida, match="ler_marcador"):
        source_plan(entry, replace(switched_on(entry), ler_marcador=lambda text: text))
    assert source_plan(entry, replace(switched_on(entry), ler_marcador=int))["marker"] == "integer"
    assert MARKERS["integer"]("7") == 7


def test_making_a_plan_loads_no_database_library() -> None:
    """Every parse of a DAG file makes one."""
    made = "from include.fusion.settings import carregar; from include.fusion.wiring.watch import watch_plan; [watch_plan(e) for e in carregar()]"
    check = f"import sys; {made}; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=RAIZ).returncode == 0
