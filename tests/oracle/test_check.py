"""The check-up's questions through python-oracledb: statements are parsed and not run, refusals name what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.fusion.checkup.ask import Answer, ask, usual_binds
from include.fusion.checkup.server import ask_server
from include.fusion.reading.sql import SystemQueries
from include.fusion.sistemas.mv.system import SYSTEM
from tests.oracle.helpers import Tables

KEPT = "CREATE TABLE conferida (codigo NUMBER(10), nome VARCHAR2(20))"


@pytest.fixture(scope="module")
def table(tables: Tables) -> None:
    tables.create([KEPT])


def asked(engine: Engine, folder: Path, sql: str) -> Answer:
    """What the server says of a statement of the site's own."""
    (folder / "read_alergias.sql").write_text(sql, encoding="utf-8")
    with engine.connect() as con:
        return ask(con, SystemQueries(engine, SYSTEM, folder), "read_alergias.sql", usual_binds(SYSTEM))


def test_a_statement_that_fits_is_taken(engine: Engine, table: None, tmp_path: Path) -> None:
    assert asked(engine, tmp_path, "SELECT codigo AS chave FROM conferida WHERE codigo IN :chaves").refusal is None


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELECT codigo AS chave FROM nao_ha_esta WHERE codigo IN :chaves", "nao_ha_esta"),
        ("SELECT apelido AS chave FROM conferida WHERE codigo IN :chaves", "apelido"),
    ],
)
def test_what_is_missing_is_named(engine: Engine, table: None, tmp_path: Path, sql: str, named: str) -> None:
    refusal = asked(engine, tmp_path, sql).refusal
    assert refusal is not None and refusal.lost and refusal.name.lower().split(".")[-1] in (named, "um objeto")


def test_the_server_answers_or_says_nothing_of_itself(engine: Engine) -> None:
    with engine.connect() as con:
        assert ask_server(con).engine == "oracle"
