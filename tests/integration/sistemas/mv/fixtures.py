"""What the MV tests share: a generated hospital, a reader on it and the hospital's own hands."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

from include.fusion.errors import reason_of
from include.fusion.model.atendimento import Atendimento
from include.fusion.reading.reader import Reader
from sandbox.origens import mv as origin
from sandbox.origens.mv.hospital import Hospital
from sandbox.postgres import Postgres
from tests.integration.sistemas.mv.helpers import COUNT, KEYS, new_reader


@pytest.fixture(scope="module")
def dsn_mv(postgres: Postgres) -> Iterator[str]:
    name = f"t_mv_{secrets.token_hex(4)}"
    dsn = postgres.create_database(name)
    origin.create(dsn)
    origin.generate(dsn, COUNT, 1)
    yield dsn
    con = psycopg2.connect(postgres.dsn("postgres"))
    con.autocommit = True
    con.cursor().execute(f'drop database "{name}" with (force)')
    con.close()


@pytest.fixture(scope="module")
def mv_reader(dsn_mv: str) -> Iterator[Reader]:
    reader = new_reader(dsn_mv)
    yield reader
    reader.queries.engine.dispose()


@pytest.fixture(scope="module")
def generated(mv_reader: Reader) -> list[Atendimento]:
    everything = mv_reader.read(KEYS).values()
    assert [reason_of(x) for x in everything if isinstance(x, Exception)] == []
    assert len([x for x in everything if isinstance(x, Atendimento)]) == COUNT
    return list(everything)  # type: ignore[arg-type]


@pytest.fixture
def con_mv(dsn_mv: str) -> Iterator[Any]:
    con = psycopg2.connect(dsn_mv)
    yield con
    con.rollback()
    con.close()


@pytest.fixture
def hospital(con_mv: Any) -> Hospital:
    return Hospital(con_mv, random.Random(3))
