"""MV's statements through the hook and python-oracledb: the same rows and records as the same text gives on PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, bindparam, create_engine, text

from fusion_airflow.hooks.engines import engine_for
from include.fusion.errors import reason_of
from include.fusion.model.depara import DePara
from include.fusion.reading.reader import Reader
from include.fusion.reading.spec import SystemSpec
from include.fusion.reading.sql import SystemQueries, sql_folder
from include.fusion.sistemas.mv.beds import ContextoMv
from include.fusion.sistemas.mv.system import SYSTEM
from include.fusion.sistemas.skymed.system import SYSTEM as SKYMED
from sandbox.origens import mv as origin
from sandbox.postgres import Postgres
from tests import ROOT
from tests.oracle.helpers import Server, Tables, copy, in_order, on_oracle

# The journals hold what a trigger wrote: they have tests of their own.
FILES = sorted(p.name for p in (sql_folder("mv")).glob("*.sql") if "diario_" not in p.name)
ATENDIMENTOS = 150
START = datetime(1900, 1, 1)


def oracle_tables() -> Iterator[str]:
    return on_oracle("mv", "dbamv")


def journals() -> Iterator[str]:
    """The journals as the DBA's script makes them."""
    script = (ROOT / "include/contracts/mv/instalar.sql").read_text(encoding="utf-8")
    yield from re.findall(r"^CREATE TABLE FUSION_INTEGRACAO\.[^;]+", script, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def no_postgresql(postgres: Postgres) -> Iterator[Engine]:
    dsn = postgres.create_database("t_oracle_mv")
    origin.create(dsn)
    origin.generate(dsn, ATENDIMENTOS, 1)
    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg2://", 1))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def no_oracle(server: Server, tables: Tables, no_postgresql: Engine) -> Iterator[Engine]:
    if not server.imitated:
        pytest.skip("creates schemas DBAMV and FUSION_INTEGRACAO: only on the stand-in")
    with pytest.MonkeyPatch.context() as environment:
        for owner in ("DBAMV", "FUSION_INTEGRACAO"):
            # On the stand-in a user's schema comes into being with its first session.
            environment.setenv("AIRFLOW_CONN_DONO", server.connection(login=owner))
            engine_for("dono").connect().close()
        environment.setenv("AIRFLOW_CONN_MV", server.connection(login="FUSION_LEITURA"))
        engine = engine_for("mv", application="mv.abertura", time_limit=60)
        tables.create([*oracle_tables(), *journals()])
        copy(no_postgresql, engine, oracle_tables())
        yield engine
        engine.dispose()


def reader(engine: Engine, entity: str) -> Reader:
    context = ContextoMv(DePara.load("mv", "mv"), ZoneInfo(origin.ZONE), omit_invalid_document=False)
    return Reader(SystemQueries(engine, SYSTEM), context, entity)


def keys(engine: Engine, column: str) -> list[str]:
    with engine.connect() as con:
        return [str(c) for c in con.execute(text(f"select distinct {column} from dbamv.atendime order by {column}")).scalars()]


def rows(engine: Engine, file: str, system: SystemSpec = SYSTEM, **binds: Any) -> list[dict[str, Any]]:
    with engine.connect() as con:
        return SystemQueries(engine, system).rows(con, file, **binds)


@pytest.mark.parametrize("file", FILES)
def test_every_statement_gives_the_rows_that_it_gives_on_postgresql(no_oracle: Engine, no_postgresql: Engine, file: str) -> None:
    pacientes, atendimentos = ([int(c) for c in keys(no_postgresql, c)] for c in ("cd_paciente", "cd_atendimento"))
    # Filters have values: the stand-in cannot tell the type of a bind that is compared with NULL first, which Oracle can.
    filters: dict[str, Any] = {"chave": 0, "inicio": START, "fim": datetime(2999, 1, 1), "atendimento": atendimentos[0]}
    with no_postgresql.connect() as con:
        do_primeiro = text("select cd_paciente from dbamv.atendime where cd_atendimento = :a")
        filters["paciente"] = con.execute(do_primeiro, {"a": atendimentos[0]}).scalar_one()
    all_of_them = pacientes if file == "read_paciente.sql" else atendimentos
    binds = {**filters, "marcador": START, "desde": START, "limite": 5000, "chaves": all_of_them}
    here, there = (in_order(rows(engine, file, **binds)) for engine in (no_oracle, no_postgresql))
    assert here == there and here
    assert not [v for row in here for v in row.values() if isinstance(v, datetime) and v.tzinfo]


@pytest.mark.parametrize(("entidade", "column"), [("atendimento", "cd_atendimento"), ("paciente", "cd_paciente")])
def test_records_read_from_oracle_are_those_read_from_postgresql(
    no_oracle: Engine, no_postgresql: Engine, entidade: str, column: str
) -> None:
    all_of_them = keys(no_postgresql, column)
    here, there = reader(no_oracle, entidade).read(all_of_them), reader(no_postgresql, entidade).read(all_of_them)
    assert {c: reason_of(v) if isinstance(v, Exception) else v for c, v in here.items()} == {
        c: reason_of(v) if isinstance(v, Exception) else v for c, v in there.items()
    }
    assert sum(not isinstance(v, Exception) for v in here.values()) > len(all_of_them) / 2


def test_a_journal_is_read_by_id_and_deleted_by_id(no_oracle: Engine) -> None:
    insert = "insert into fusion_integracao.importacaoatendimento (cd_atendimento, cd_paciente, tp_operacao, sn_abertura) values (:a, :p, 'I', 'S')"
    with no_oracle.begin() as con:
        con.execute(text(insert), [{"a": n, "p": 100 + n} for n in range(1, 8)])
    read_rows = rows(no_oracle, "change_diario_atendimento.sql", limite=5)
    assert [(row["chave"], row["chave_paciente"], row["tp_operacao"], row["sn_alta"]) for row in read_rows] == [
        (n, 100 + n, "I", "N") for n in range(1, 6)
    ]
    assert rows(no_oracle, "probe_diario_atendimento.sql")[0]["quantidade"] == 1
    delete = SystemQueries(no_oracle, SYSTEM).sql("delete_diario_atendimento.sql").bindparams(bindparam("ids", expanding=True))
    with no_oracle.begin() as con:
        assert con.execute(delete, {"ids": [row["id"] for row in read_rows]}).rowcount == 5
    assert [row["chave"] for row in rows(no_oracle, "change_diario_atendimento.sql", limite=5)] == [6, 7]


def test_rows_are_kept_beside_the_journal_under_their_batch_and_forgotten_by_it(no_oracle: Engine) -> None:
    queries = SystemQueries(no_oracle, SYSTEM)
    ids = [row["id"] for row in rows(no_oracle, "change_diario_atendimento.sql", limite=2)]
    assert ids
    keep = queries.sql("keep_diario_atendimento.sql")
    with no_oracle.begin() as con:
        for number, row_id in enumerate(ids, 1):
            con.execute(keep, {"lote": number, "ids": [row_id]})
    kept = rows(no_oracle, "kept_diario_atendimento.sql", lote=1, id=ids[0], limite=10)
    assert [(row["nr_lote"], row["id"]) for row in kept] == [*enumerate(ids, 1)][1:]
    with no_oracle.begin() as con:
        assert con.execute(queries.sql("forget_diario_atendimento.sql"), {"antes": 99}).rowcount == len(ids)


def test_reading_and_deleting_the_journal_never_waits_for_the_hospitals_open_transaction(no_oracle: Engine) -> None:
    insert = text("insert into fusion_integracao.importacaoatendimento (cd_atendimento, cd_paciente, tp_operacao) values (99, 1, 'U')")
    delete = SystemQueries(no_oracle, SYSTEM).sql("delete_diario_atendimento.sql").bindparams(bindparam("ids", expanding=True))
    with no_oracle.connect() as hospital:
        hospital.execute(insert)
        read_rows = rows(no_oracle, "change_diario_atendimento.sql", limite=100)
        assert 99 not in [row["chave"] for row in read_rows]
        with no_oracle.begin() as con:
            con.execute(delete, {"ids": [row["id"] for row in read_rows] or [0]})
        hospital.commit()
    assert [row["chave"] for row in rows(no_oracle, "change_diario_atendimento.sql", limite=100)] == [99]


def test_a_booking_finds_its_patient_through_the_surgerys_notice(no_oracle: Engine) -> None:
    # Written as the trigger does, whose PL/SQL the stand-in cannot run.
    with no_oracle.begin() as con:
        booked = con.execute(text("select cd_age_cir, cd_aviso_cirurgia from dbamv.age_cir order by cd_age_cir")).first()
        assert booked is not None
        insert = "insert into fusion_integracao.atualizacaoagendacirurgia (cd_age_cir, cd_aviso_cirurgia, tp_operacao) values (:a, :v, 'U')"
        con.execute(text(insert), {"a": booked[0], "v": booked[1]})
    [row] = rows(no_oracle, "change_diario_agenda.sql", SKYMED, limite=10)
    assert (row["chave"], row["tp_operacao"]) == (booked[0], "U") and isinstance(row["chave_paciente"], int)
    assert rows(no_oracle, "probe_diario_agenda.sql", SKYMED)[0]["quantidade"] == 1
