"""The steps of the check-up's DAG: what they return, keep and say, and what turns the run red."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from include.fusion.wiring.check import stored_report
from sandbox.postgres import Postgres
from tests.harness import Harness
from tests.integration.plugins.operators.run import Run, connect, settle

WHO: dict[str, Any] = {"integracao": "consulfarma", "nome": "Consulfarma"}


@pytest.fixture
def harness(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harness]:
    b = Harness(postgres, tmp_path, "consulfarma", 10)
    settle(tmp_path, monkeypatch, "consulfarma")
    connect(monkeypatch, b)
    yield b
    b.close()


def test_an_installation_that_is_in_order_gives_counts_and_keeps_its_report(harness: Harness) -> None:
    run = Run("conferir_instalacao", integracao="consulfarma")
    assert run.do("instalacoes") == [WHO]
    counts = run.do("conferir", **WHO)
    kept = stored_report(harness.build().fusion, "consulfarma")
    assert kept is not None and counts == kept.counts and counts["falha"] == 0


def test_something_that_will_not_travel_is_red_with_the_way_to_the_report(harness: Harness) -> None:
    harness.origem("drop table dbo.alergia")
    run = Run("conferir_instalacao")
    with pytest.raises(AirflowFailException, match=r"Nem tudo vai trafegar .* Relatório: /conferencia/consulfarma"):
        run.do("conferir", **WHO)
    assert run.xcoms["conferir", "return_value"]["falha"] > 0


def test_what_does_not_answer_is_tried_again(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_CONSULFARMA")
    with pytest.raises(AirflowException, match="Nem tudo pôde ser conferido") as raised:
        Run("conferir_instalacao").do("conferir", **WHO)
    assert not isinstance(raised.value, AirflowFailException)


def test_accepting_what_is_gone_needs_an_installation(harness: Harness) -> None:
    with pytest.raises(AirflowFailException, match="exige uma instalação"):
        Run("conferir_instalacao", aceitar=True).do("instalacoes")
