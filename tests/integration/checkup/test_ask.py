"""A database is asked whether it would take a statement: it reads and writes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from include.fusion.checkup.ask import Answer, ask, usual_binds
from include.fusion.reading.sql import SystemQueries
from include.fusion.wiring.systems import system_named

MV = system_named("mv")


@pytest.fixture
def table(engine: Engine) -> Engine:
    with engine.begin() as con:
        con.execute(text("create table diario (id int); insert into diario values (1)"))
    return engine


def asked(engine: Engine, folder: Path, sql: str) -> Answer:
    """What the server says of a statement of the site's own."""
    (folder / "total.sql").write_text(sql, encoding="utf-8")
    with engine.connect() as con:
        return ask(con, SystemQueries(engine, MV, folder), "total.sql", usual_binds(MV))


def test_a_statement_that_writes_is_only_planned(table: Engine, tmp_path: Path) -> None:
    answer = asked(table, tmp_path, "DELETE FROM diario WHERE id IN :ids")
    assert answer.refusal is None and answer.plan is not None
    with table.connect() as con:
        assert con.execute(text("select count(*) from diario")).scalar() == 1


def test_a_statement_that_a_site_switched_off_is_in_order(table: Engine, tmp_path: Path) -> None:
    assert asked(table, tmp_path, "-- nada aqui\n") == Answer()


def test_a_fault_of_the_statement_is_no_loss(table: Engine, tmp_path: Path) -> None:
    refusal = asked(table, tmp_path, "SELEC 1").refusal
    assert refusal is not None and not refusal.lost
