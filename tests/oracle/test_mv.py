"""MV's statements through the hook and python-oracledb: the same rows and records as the same text gives on PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, bindparam, create_engine, text

from fusion_airflow.hooks.engines import engine_de
from include.fusion.errors import motivo_de
from include.fusion.model.depara import DePara
from include.fusion.reading.reader import Leitor
from include.fusion.reading.spec import Sistema
from include.fusion.reading.sql import ConsultasSistema, sql_folder
from include.fusion.sistemas.mv.beds import ContextoMv
from include.fusion.sistemas.mv.system import SISTEMA
from include.fusion.sistemas.skymed.system import SISTEMA as SKYMED
from sandbox.origens import mv as origem
from sandbox.postgres import Postgres
from tests.oracle.apoio import RAIZ, Servidor, Tabelas, copiar, em_oracle, em_ordem

# The journals hold what a trigger wrote: they have tests of their own.
ARQUIVOS = sorted(p.name for p in (sql_folder("mv")).glob("*.sql") if "diario_" not in p.name)
ATENDIMENTOS = 150
INICIO = datetime(1900, 1, 1)


def tabelas_oracle() -> Iterator[str]:
    return em_oracle("mv", "dbamv")


def diarios() -> Iterator[str]:
    """The journals as the DBA's script makes them."""
    script = (RAIZ / "include/contracts/mv/instalar.sql").read_text(encoding="utf-8")
    yield from re.findall(r"^CREATE TABLE FUSION_INTEGRACAO\.[^;]+", script, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def no_postgresql(postgres: Postgres) -> Iterator[Engine]:
    dsn = postgres.criar_banco("t_oracle_mv")
    origem.criar(dsn)
    origem.gerar(dsn, ATENDIMENTOS, 1)
    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg2://", 1))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def no_oracle(servidor: Servidor, tabelas: Tabelas, no_postgresql: Engine) -> Iterator[Engine]:
    if not servidor.imitado:
        pytest.skip("creates schemas DBAMV and FUSION_INTEGRACAO: only on the stand-in")
    with pytest.MonkeyPatch.context() as ambiente:
        for dono in ("DBAMV", "FUSION_INTEGRACAO"):
            # On the stand-in a user's schema comes into being with its first session.
            ambiente.setenv("AIRFLOW_CONN_DONO", servidor.conexao(login=dono))
            engine_de("dono").connect().close()
        ambiente.setenv("AIRFLOW_CONN_MV", servidor.conexao(login="FUSION_LEITURA"))
        engine = engine_de("mv", aplicacao="mv.abertura", tempo_limite=60)
        tabelas.criar([*tabelas_oracle(), *diarios()])
        copiar(no_postgresql, engine, tabelas_oracle())
        yield engine
        engine.dispose()


def leitor(engine: Engine, entidade: str) -> Leitor:
    contexto = ContextoMv(DePara.carregar("mv", "mv"), ZoneInfo(origem.FUSO), omitir_documento_invalido=False)
    return Leitor(ConsultasSistema(engine, SISTEMA), contexto, entidade)


def chaves(engine: Engine, coluna: str) -> list[str]:
    with engine.connect() as con:
        return [str(c) for c in con.execute(text(f"select distinct {coluna} from dbamv.atendime order by {coluna}")).scalars()]


def linhas(engine: Engine, arquivo: str, sistema: Sistema = SISTEMA, **binds: Any) -> list[dict[str, Any]]:
    with engine.connect() as con:
        return ConsultasSistema(engine, sistema).linhas(con, arquivo, **binds)


@pytest.mark.parametrize("arquivo", ARQUIVOS)
def test_every_statement_gives_the_rows_that_it_gives_on_postgresql(no_oracle: Engine, no_postgresql: Engine, arquivo: str) -> None:
    pacientes, atendimentos = ([int(c) for c in chaves(no_postgresql, c)] for c in ("cd_paciente", "cd_atendimento"))
    # Filters have values: the stand-in cannot tell the type of a bind that is compared with NULL first, which Oracle can.
    filtros = {"chave": 0, "inicio": INICIO, "fim": datetime(2999, 1, 1), "atendimento": atendimentos[0]}
    with no_postgresql.connect() as con:
        do_primeiro = text("select cd_paciente from dbamv.atendime where cd_atendimento = :a")
        filtros["paciente"] = con.execute(do_primeiro, {"a": atendimentos[0]}).scalar_one()
    todas = pacientes if arquivo == "read_paciente.sql" else atendimentos
    binds = {**filtros, "marcador": INICIO, "desde": INICIO, "limite": 5000, "chaves": todas}
    aqui, la = (em_ordem(linhas(engine, arquivo, **binds)) for engine in (no_oracle, no_postgresql))
    assert aqui == la and aqui
    assert not [v for linha in aqui for v in linha.values() if isinstance(v, datetime) and v.tzinfo]


@pytest.mark.parametrize(("entidade", "coluna"), [("atendimento", "cd_atendimento"), ("paciente", "cd_paciente")])
def test_records_read_from_oracle_are_those_read_from_postgresql(
    no_oracle: Engine, no_postgresql: Engine, entidade: str, coluna: str
) -> None:
    todas = chaves(no_postgresql, coluna)
    aqui, la = leitor(no_oracle, entidade).ler(todas), leitor(no_postgresql, entidade).ler(todas)
    assert {c: motivo_de(v) if isinstance(v, Exception) else v for c, v in aqui.items()} == {
        c: motivo_de(v) if isinstance(v, Exception) else v for c, v in la.items()
    }
    assert sum(not isinstance(v, Exception) for v in aqui.values()) > len(todas) / 2


def test_a_journal_is_read_by_id_and_deleted_by_id(no_oracle: Engine) -> None:
    inserir = "insert into fusion_integracao.importacaoatendimento (cd_atendimento, cd_paciente, tp_operacao, sn_abertura) values (:a, :p, 'I', 'S')"
    with no_oracle.begin() as con:
        con.execute(text(inserir), [{"a": n, "p": 100 + n} for n in range(1, 8)])
    lidas = linhas(no_oracle, "change_diario_atendimento.sql", limite=5)
    assert [(linha["chave"], linha["chave_paciente"], linha["tp_operacao"], linha["sn_alta"]) for linha in lidas] == [
        (n, 100 + n, "I", "N") for n in range(1, 6)
    ]
    assert linhas(no_oracle, "probe_diario_atendimento.sql")[0]["quantidade"] == 1
    apagar = ConsultasSistema(no_oracle, SISTEMA).sql("delete_diario_atendimento.sql").bindparams(bindparam("ids", expanding=True))
    with no_oracle.begin() as con:
        assert con.execute(apagar, {"ids": [linha["id"] for linha in lidas]}).rowcount == 5
    assert [linha["chave"] for linha in linhas(no_oracle, "change_diario_atendimento.sql", limite=5)] == [6, 7]


def test_reading_and_deleting_the_journal_never_waits_for_the_hospitals_open_transaction(no_oracle: Engine) -> None:
    inserir = text("insert into fusion_integracao.importacaoatendimento (cd_atendimento, cd_paciente, tp_operacao) values (99, 1, 'U')")
    apagar = ConsultasSistema(no_oracle, SISTEMA).sql("delete_diario_atendimento.sql").bindparams(bindparam("ids", expanding=True))
    with no_oracle.connect() as hospital:
        hospital.execute(inserir)
        lidas = linhas(no_oracle, "change_diario_atendimento.sql", limite=100)
        assert 99 not in [linha["chave"] for linha in lidas]
        with no_oracle.begin() as con:
            con.execute(apagar, {"ids": [linha["id"] for linha in lidas] or [0]})
        hospital.commit()
    assert [linha["chave"] for linha in linhas(no_oracle, "change_diario_atendimento.sql", limite=100)] == [99]


def test_a_booking_finds_its_patient_through_the_surgerys_notice(no_oracle: Engine) -> None:
    # Written as the trigger does, whose PL/SQL the stand-in cannot run.
    with no_oracle.begin() as con:
        marcada = con.execute(text("select cd_age_cir, cd_aviso_cirurgia from dbamv.age_cir order by cd_age_cir")).first()
        assert marcada is not None
        inserir = (
            "insert into fusion_integracao.atualizacaoagendacirurgia (cd_age_cir, cd_aviso_cirurgia, tp_operacao) values (:a, :v, 'U')"
        )
        con.execute(text(inserir), {"a": marcada[0], "v": marcada[1]})
    [linha] = linhas(no_oracle, "change_diario_agenda.sql", SKYMED, limite=10)
    assert (linha["chave"], linha["tp_operacao"]) == (marcada[0], "U") and isinstance(linha["chave_paciente"], int)
    assert linhas(no_oracle, "probe_diario_agenda.sql", SKYMED)[0]["quantidade"] == 1
