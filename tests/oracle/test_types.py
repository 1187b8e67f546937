"""What Oracle's types become in Python, on the way that the readers take."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import Engine, text

from tests.oracle.helpers import Tables

MOMENT = datetime(2026, 3, 1, 14, 5, 9, 250_000)
TEXT = "evolução ✓ " * 9_000
"""100 kB in UTF-8."""
LONG = "laudo çã " * 20_000
"""Beyond the 128 kB that SQLAlchemy names as a text's size."""


@pytest.fixture(scope="module")
def table(engine: Engine, tables: Tables) -> str:
    columns = "vazio VARCHAR2(20 CHAR), dia DATE, momento TIMESTAMP, numero NUMBER, valor NUMBER(10, 2), texto CLOB"
    tables.create([f"CREATE TABLE fusion_teste_tipos (id NUMBER(10) PRIMARY KEY, {columns})"])
    tables.create(["CREATE TABLE fusion_teste_long (id NUMBER(10) PRIMARY KEY, texto LONG)"])
    with engine.begin() as con:
        insert = text(
            "insert into fusion_teste_tipos (id, vazio, dia, momento, numero, valor, texto)"
            " values (:id, :vazio, :dia, TIMESTAMP '2026-03-01 14:05:09.250000', 12345678901, 36.75, :texto)"
        )
        for number, large in enumerate((TEXT, LONG, None), 1):
            con.execute(insert, {"id": number, "vazio": "", "dia": MOMENT, "texto": large})
        for number, large in enumerate((TEXT, LONG, None), 1):
            con.execute(text("insert into fusion_teste_long (id, texto) values (:id, :texto)"), {"id": number, "texto": large})
    return "fusion_teste_tipos"


def _raw_rows(engine: Engine, sql: str) -> list[tuple[object, ...]]:
    # The readers take rows from the driver's own cursor, past SQLAlchemy's result types.
    with engine.connect() as con:
        return list(con.execute(text(sql)).cursor.fetchall())


def test_an_empty_string_comes_back_as_nothing(engine: Engine, table: str) -> None:
    assert _raw_rows(engine, f"select vazio from {table} where vazio is null and id = 1") == [(None,)]


def test_date_and_timestamp_have_no_zone_and_date_keeps_its_time(engine: Engine, table: str) -> None:
    [(day, moment)] = _raw_rows(engine, f"select dia, momento from {table} where id = 1")
    assert (day, moment) == (MOMENT.replace(microsecond=0), MOMENT)
    assert isinstance(day, datetime) and isinstance(moment, datetime)
    assert day.tzinfo is None and moment.tzinfo is None


def test_a_moment_bound_to_a_text_statement_travels_as_a_date(engine: Engine, table: str) -> None:
    # To the second, and so the index of a DATE column serves; a marker over a TIMESTAMP column would lose its fraction and be read again.
    with engine.connect() as con:
        after = con.execute(text(f"select count(*) from {table} where momento > :marca"), {"marca": MOMENT})
        assert after.scalar_one() == 3


def test_numbers_without_a_fraction_are_whole(engine: Engine, table: str) -> None:
    [(number, value, counted)] = _raw_rows(engine, f"select numero, valor, (select count(*) from {table}) from {table} where id = 1")
    assert (number, value, counted) == (12345678901, Decimal("36.75"), 3)
    assert type(number) is int and type(counted) is int


@pytest.mark.parametrize("origem", ["fusion_teste_tipos", "fusion_teste_long"])
def test_clob_and_long_are_whole_texts(engine: Engine, table: str, origem: str) -> None:
    assert _raw_rows(engine, f"select id, texto from {origem} order by id") == [(1, TEXT), (2, LONG), (3, None)]


def test_more_rows_than_one_round_trip_brings_all_arrive(engine: Engine, tables: Tables) -> None:
    tables.create(["CREATE TABLE fusion_teste_linhas (id NUMBER(10) PRIMARY KEY)"])
    with engine.begin() as con:
        con.execute(text("insert into fusion_teste_linhas (id) values (:id)"), [{"id": n} for n in range(2500)])
    assert [row[0] for row in _raw_rows(engine, "select id from fusion_teste_linhas order by id")] == list(range(2500))
