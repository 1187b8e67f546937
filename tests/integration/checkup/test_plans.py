"""On a real planner: a large table without the index that the hub needs, and what the DBA gets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from include.fusion.checkup.plans import LARGE
from include.fusion.checkup.report import Area
from include.fusion.wiring.check import check_installation
from sandbox.postgres import Postgres
from tests.harness import Harness

FILL = f"""insert into dbo.alergia (pacienteid, substancia, nega, ativa, excluido, atualizadoem)
    select (select min(pacienteid) from dbo.paciente), 'x', 0, 1, 0, '2020-01-01' from generate_series(1, {LARGE + 20_000})"""


@pytest.fixture
def harness(postgres: Postgres, tmp_path: Path) -> Iterator[Harness]:
    b = Harness(postgres, tmp_path, "consulfarma", 10)
    b.origem(FILL)
    b.origem("analyze dbo.alergia")
    yield b
    b.close()


def plans(b: Harness) -> Area:
    (area,) = (a for a in check_installation(b.build()).areas if a.name == "Planos e custos")
    return area


def test_a_large_table_without_the_index_is_named_and_its_ddl_mends_it(harness: Harness) -> None:
    assert [f.state for f in plans(harness).findings] == ["ok"]
    for (name,) in harness.origem("select indexname from pg_indexes where tablename = 'alergia' and indexdef ilike '%%(atualizadoem%%'"):
        harness.origem(f"drop index dbo.{name}")
    found = plans(harness)
    assert [f.title for f in found.findings] == ["dbo.alergia é lida por inteiro"] and "paciente" in found.findings[0].text
    harness.origem(found.attached.splitlines()[0])
    assert [f.state for f in plans(harness).findings] == ["ok"]
