"""What Oracle's types become in Python, on the way that the readers take."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import Engine, text

from tests.oracle.apoio import Tabelas

MOMENTO = datetime(2026, 3, 1, 14, 5, 9, 250_000)
TEXTO = "evolução ✓ " * 9_000
"""100 kB in UTF-8."""
LONGO = "laudo çã " * 20_000
"""Beyond the 128 kB that SQLAlchemy names as a text's size."""


@pytest.fixture(scope="module")
def tabela(motor: Engine, tabelas: Tabelas) -> str:
    colunas = "vazio VARCHAR2(20 CHAR), dia DATE, momento TIMESTAMP, numero NUMBER, valor NUMBER(10, 2), texto CLOB"
    tabelas.criar([f"CREATE TABLE fusion_teste_tipos (id NUMBER(10) PRIMARY KEY, {colunas})"])
    tabelas.criar(["CREATE TABLE fusion_teste_long (id NUMBER(10) PRIMARY KEY, texto LONG)"])
    with motor.begin() as con:
        inserir = text(
            "insert into fusion_teste_tipos (id, vazio, dia, momento, numero, valor, texto)"
            " values (:id, :vazio, :dia, TIMESTAMP '2026-03-01 14:05:09.250000', 12345678901, 36.75, :texto)"
        )
        for numero, grande in enumerate((TEXTO, LONGO, None), 1):
            con.execute(inserir, {"id": numero, "vazio": "", "dia": MOMENTO, "texto": grande})
        for numero, grande in enumerate((TEXTO, LONGO, None), 1):
            con.execute(text("insert into fusion_teste_long (id, texto) values (:id, :texto)"), {"id": numero, "texto": grande})
    return "fusion_teste_tipos"


def _brutas(motor: Engine, sql: str) -> list[tuple[object, ...]]:
    # The readers take rows from the driver's own cursor, past SQLAlchemy's result types.
    with motor.connect() as con:
        return list(con.execute(text(sql)).cursor.fetchall())


def test_an_empty_string_comes_back_as_nothing(motor: Engine, tabela: str) -> None:
    assert _brutas(motor, f"select vazio from {tabela} where vazio is null and id = 1") == [(None,)]


def test_date_and_timestamp_have_no_zone_and_date_keeps_its_time(motor: Engine, tabela: str) -> None:
    [(dia, momento)] = _brutas(motor, f"select dia, momento from {tabela} where id = 1")
    assert (dia, momento) == (MOMENTO.replace(microsecond=0), MOMENTO)
    assert dia.tzinfo is None and momento.tzinfo is None


def test_a_moment_bound_to_a_text_statement_travels_as_a_date(motor: Engine, tabela: str) -> None:
    # To the second, and so the index of a DATE column serves; a marker over a TIMESTAMP column would lose its fraction and be read again.
    with motor.connect() as con:
        depois = con.execute(text(f"select count(*) from {tabela} where momento > :marca"), {"marca": MOMENTO})
        assert depois.scalar_one() == 3


def test_numbers_without_a_fraction_are_whole(motor: Engine, tabela: str) -> None:
    [(numero, valor, contados)] = _brutas(motor, f"select numero, valor, (select count(*) from {tabela}) from {tabela} where id = 1")
    assert (numero, valor, contados) == (12345678901, Decimal("36.75"), 3)
    assert type(numero) is int and type(contados) is int


@pytest.mark.parametrize("origem", ["fusion_teste_tipos", "fusion_teste_long"])
def test_clob_and_long_are_whole_texts(motor: Engine, tabela: str, origem: str) -> None:
    assert _brutas(motor, f"select id, texto from {origem} order by id") == [(1, TEXTO), (2, LONGO), (3, None)]


def test_more_rows_than_one_round_trip_brings_all_arrive(motor: Engine, tabelas: Tabelas) -> None:
    tabelas.criar(["CREATE TABLE fusion_teste_linhas (id NUMBER(10) PRIMARY KEY)"])
    with motor.begin() as con:
        con.execute(text("insert into fusion_teste_linhas (id) values (:id)"), [{"id": n} for n in range(2500)])
    assert [linha[0] for linha in _brutas(motor, "select id from fusion_teste_linhas order by id")] == list(range(2500))
