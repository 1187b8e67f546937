"""``python -m include.fusion check`` on Airflow's connections: what it prints, writes and returns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from include.fusion.__main__ import main
from sandbox.postgres import Postgres
from tests.harness import Harness
from tests.integration.plugins.operators.run import connect


@pytest.fixture
def harness(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harness]:
    b = Harness(postgres, tmp_path, "consulfarma", 10)
    connect(monkeypatch, b)
    yield b
    b.close()


def test_all_travels(harness: Harness, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "consulfarma"]) == 0
    assert "Tudo vai trafegar" in capsys.readouterr().out


def test_what_will_not_travel_is_in_both_files(harness: Harness, tmp_path: Path) -> None:
    harness.origem("alter table dbo.alergia drop column reacao")
    assert main(["check", "consulfarma", "--json", str(tmp_path / "r.json"), "--html", str(tmp_path / "r.html")]) == 1
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["counts"]["falha"] == 1
    assert "Alergias: este tipo de dado não vai trafegar" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_an_entry_or_a_connection_that_is_not_there_could_not_be_checked(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "nenhuma"]) == 2
    monkeypatch.delenv("AIRFLOW_CONN_CONSULFARMA")
    assert main(["check", "consulfarma"]) == 2
    assert "? Origem: não respondeu" in capsys.readouterr().out
