"""What is told of a server; the questions to engines that are not at hand parse in their dialects."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlglot

from include.fusion.checkup.server import FACTS, Server, told

BAHIA = ZoneInfo("America/Bahia")


def of(engine: str = "postgresql", behind: float = 0, hours: int = -3, **facts: str) -> list[tuple[str, str]]:
    server = Server(engine, facts, timedelta(seconds=behind), timedelta(hours=hours))
    return [(f.state, f.title) for f in told(server, "Origem", BAHIA)]


@pytest.mark.parametrize(("engine", "dialect"), [("postgresql", "postgres"), ("mssql", "tsql"), ("oracle", "oracle")])
def test_each_question_parses(engine: str, dialect: str) -> None:
    assert len(sqlglot.parse(FACTS[engine], dialect=dialect)) == 1


def test_a_good_server_is_in_order() -> None:
    assert of(conta="leitor") == [("ok", "Origem: conectado")]


def test_a_clock_and_a_zone_that_differ_are_told() -> None:
    assert ("aviso", "Origem: relógio") in of(behind=90) and ("aviso", "Origem: relógio") not in of(behind=-5)
    assert ("aviso", "Origem: fuso") in of(hours=0)


def test_an_oracle_without_pages_is_refused_and_a_sql_server_without_snapshots_is_told() -> None:
    assert ("falha", "Origem: versão") in of("oracle", versao="11.2.0.4.0") and ("falha", "Origem: versão") not in of(
        "oracle", versao="19.0"
    )
    assert ("aviso", "Origem: isolamento") in of("mssql", isolamento="sem SNAPSHOT")
