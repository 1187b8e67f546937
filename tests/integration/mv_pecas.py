"""What the MV tests share: a generated hospital, a reader on it and the hospital's own hands."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

from include.fusion.errors import motivo_de
from include.fusion.model.atendimento import Atendimento
from include.fusion.reading.reader import Leitor
from sandbox.origens import mv as origem
from sandbox.origens.mv.hospital import Hospital
from sandbox.postgres import Postgres
from tests.integration.mv_apoio import CHAVES, QUANTOS, novo_leitor


@pytest.fixture(scope="module")
def dsn_mv(postgres: Postgres) -> Iterator[str]:
    nome = f"t_mv_{secrets.token_hex(4)}"
    dsn = postgres.criar_banco(nome)
    origem.criar(dsn)
    origem.gerar(dsn, QUANTOS, 1)
    yield dsn
    con = psycopg2.connect(postgres.dsn("postgres"))
    con.autocommit = True
    con.cursor().execute(f'drop database "{nome}" with (force)')
    con.close()


@pytest.fixture(scope="module")
def leitor_mv(dsn_mv: str) -> Iterator[Leitor]:
    leitor = novo_leitor(dsn_mv)
    yield leitor
    leitor.consultas.engine.dispose()


@pytest.fixture(scope="module")
def gerados(leitor_mv: Leitor) -> list[Atendimento]:
    todos = leitor_mv.ler(CHAVES).values()
    assert [motivo_de(x) for x in todos if isinstance(x, Exception)] == []
    assert len([x for x in todos if isinstance(x, Atendimento)]) == QUANTOS
    return list(todos)  # type: ignore[arg-type]


@pytest.fixture
def con_mv(dsn_mv: str) -> Iterator[Any]:
    con = psycopg2.connect(dsn_mv)
    yield con
    con.rollback()
    con.close()


@pytest.fixture
def hospital(con_mv: Any) -> Hospital:
    return Hospital(con_mv, random.Random(3))
