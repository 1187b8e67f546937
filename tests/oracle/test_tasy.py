"""Tasy's statements through the hook and python-oracledb: the same rows and records as the same text gives on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, create_engine, text

from fusion_airflow.hooks.engines import engine_for
from include.fusion.errors import reason_of
from include.fusion.model.depara import DePara
from include.fusion.reading.reader import Reader
from include.fusion.reading.spec import MappingContext
from include.fusion.reading.sql import SystemQueries, sql_folder
from include.fusion.sistemas.tasy.system import SYSTEM
from sandbox.origens import tasy as origin
from sandbox.postgres import Postgres
from tests.oracle.helpers import Server, Tables, copy, in_order, on_oracle

FILES = sorted(p.name for p in (sql_folder("tasy")).glob("*.sql"))
ATENDIMENTOS = 120
START = datetime(1900, 1, 1)


@pytest.fixture(scope="module")
def no_postgresql(postgres: Postgres) -> Iterator[Engine]:
    dsn = postgres.create_database("t_oracle_tasy")
    origin.create(dsn)
    origin.generate(dsn, ATENDIMENTOS, 1)
    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg2://", 1))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def no_oracle(server: Server, tables: Tables, no_postgresql: Engine) -> Iterator[Engine]:
    if not server.imitated:
        pytest.skip("creates schema TASY: only on the stand-in")
    with pytest.MonkeyPatch.context() as environment:
        # On the stand-in a user's schema comes into being with its first session.
        environment.setenv("AIRFLOW_CONN_DONO", server.connection(login="TASY"))
        engine_for("dono").connect().close()
        environment.setenv("AIRFLOW_CONN_TASY", server.connection(login="FUSION_LEITURA"))
        engine = engine_for("tasy", application="tasy.integracao", time_limit=60)
        tables.create(on_oracle("tasy", "tasy"))
        copy(no_postgresql, engine, on_oracle("tasy", "tasy"))
        yield engine
        engine.dispose()


def keys(engine: Engine, column: str) -> list[Any]:
    with engine.connect() as con:
        return list(con.execute(text(f"select distinct {column} from tasy.atendimento_paciente order by {column}")).scalars())


def rows(engine: Engine, file: str, **binds: Any) -> list[dict[str, Any]]:
    with engine.connect() as con:
        return SystemQueries(engine, SYSTEM).rows(con, file, **binds)


@pytest.mark.parametrize("file", FILES)
def test_every_statement_gives_the_rows_that_it_gives_on_postgresql(no_oracle: Engine, no_postgresql: Engine, file: str) -> None:
    pacientes, atendimentos = (keys(no_postgresql, c) for c in ("cd_pessoa_fisica", "nr_atendimento"))
    # Filters have values: the stand-in cannot tell the type of a bind that is compared with NULL first, which Oracle can.
    do_paciente = file in ("change_paciente.sql", "change_complemento.sql", "change_primeiro_atendimento.sql")
    filters = {"chave": "0" if do_paciente else 0, "inicio": START, "fim": datetime(2999, 1, 1), "atendimento": atendimentos[0]}
    with no_postgresql.connect() as con:
        do_primeiro = text("select cd_pessoa_fisica from tasy.atendimento_paciente where nr_atendimento = :a")
        filters["paciente"] = con.execute(do_primeiro, {"a": atendimentos[0]}).scalar_one()
    all_of_them = pacientes if file in ("read_paciente.sql", "read_complementos_paciente.sql") else [int(c) for c in atendimentos]
    binds = {**filters, "marcador": START, "limite": 5000, "chaves": all_of_them}
    here, there = (in_order(rows(engine, file, **binds)) for engine in (no_oracle, no_postgresql))
    assert here == there and here
    assert not [v for row in here for v in row.values() if isinstance(v, datetime) and v.tzinfo]


@pytest.mark.parametrize(("entidade", "column"), [("atendimento", "nr_atendimento"), ("paciente", "cd_pessoa_fisica")])
def test_records_read_from_oracle_are_those_read_from_postgresql(
    no_oracle: Engine, no_postgresql: Engine, entidade: str, column: str
) -> None:
    all_of_them = [str(c) for c in keys(no_postgresql, column)]
    context = MappingContext(DePara.load("tasy", "tasy"), ZoneInfo(origin.ZONE))
    here, there = (Reader(SystemQueries(engine, SYSTEM), context, entidade).read(all_of_them) for engine in (no_oracle, no_postgresql))
    assert {c: reason_of(v) if isinstance(v, Exception) else v for c, v in here.items()} == {
        c: reason_of(v) if isinstance(v, Exception) else v for c, v in there.items()
    }
    assert sum(v is not None and not isinstance(v, Exception) for v in here.values()) > len(all_of_them) / 2
