"""Tasy's statements through the hook and python-oracledb: the same rows and records as the same text gives on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, create_engine, text

from fusion_airflow.hooks.engines import engine_de
from include.fusion.errors import motivo_de
from include.fusion.model.depara import DePara
from include.fusion.reading.reader import Leitor
from include.fusion.reading.spec import Contexto
from include.fusion.reading.sql import ConsultasSistema, sql_folder
from include.fusion.sistemas.tasy.system import SISTEMA
from sandbox.origens import tasy as origem
from sandbox.postgres import Postgres
from tests.oracle.apoio import Servidor, Tabelas, copiar, em_oracle, em_ordem

ARQUIVOS = sorted(p.name for p in (sql_folder("tasy")).glob("*.sql"))
ATENDIMENTOS = 120
INICIO = datetime(1900, 1, 1)


@pytest.fixture(scope="module")
def no_postgresql(postgres: Postgres) -> Iterator[Engine]:
    dsn = postgres.criar_banco("t_oracle_tasy")
    origem.criar(dsn)
    origem.gerar(dsn, ATENDIMENTOS, 1)
    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg2://", 1))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def no_oracle(servidor: Servidor, tabelas: Tabelas, no_postgresql: Engine) -> Iterator[Engine]:
    if not servidor.imitado:
        pytest.skip("creates schema TASY: only on the stand-in")
    with pytest.MonkeyPatch.context() as ambiente:
        # On the stand-in a user's schema comes into being with its first session.
        ambiente.setenv("AIRFLOW_CONN_DONO", servidor.conexao(login="TASY"))
        engine_de("dono").connect().close()
        ambiente.setenv("AIRFLOW_CONN_TASY", servidor.conexao(login="FUSION_LEITURA"))
        engine = engine_de("tasy", aplicacao="tasy.integracao", tempo_limite=60)
        tabelas.criar(em_oracle("tasy", "tasy"))
        copiar(no_postgresql, engine, em_oracle("tasy", "tasy"))
        yield engine
        engine.dispose()


def chaves(engine: Engine, coluna: str) -> list[Any]:
    with engine.connect() as con:
        return list(con.execute(text(f"select distinct {coluna} from tasy.atendimento_paciente order by {coluna}")).scalars())


def linhas(engine: Engine, arquivo: str, **binds: Any) -> list[dict[str, Any]]:
    with engine.connect() as con:
        return ConsultasSistema(engine, SISTEMA).linhas(con, arquivo, **binds)


@pytest.mark.parametrize("arquivo", ARQUIVOS)
def test_every_statement_gives_the_rows_that_it_gives_on_postgresql(no_oracle: Engine, no_postgresql: Engine, arquivo: str) -> None:
    pacientes, atendimentos = (chaves(no_postgresql, c) for c in ("cd_pessoa_fisica", "nr_atendimento"))
    # Filters have values: the stand-in cannot tell the type of a bind that is compared with NULL first, which Oracle can.
    do_paciente = arquivo in ("change_paciente.sql", "change_complemento.sql", "change_primeiro_atendimento.sql")
    filtros = {"chave": "0" if do_paciente else 0, "inicio": INICIO, "fim": datetime(2999, 1, 1), "atendimento": atendimentos[0]}
    with no_postgresql.connect() as con:
        do_primeiro = text("select cd_pessoa_fisica from tasy.atendimento_paciente where nr_atendimento = :a")
        filtros["paciente"] = con.execute(do_primeiro, {"a": atendimentos[0]}).scalar_one()
    todas = pacientes if arquivo in ("read_paciente.sql", "read_complementos_paciente.sql") else [int(c) for c in atendimentos]
    binds = {**filtros, "marcador": INICIO, "limite": 5000, "chaves": todas}
    aqui, la = (em_ordem(linhas(engine, arquivo, **binds)) for engine in (no_oracle, no_postgresql))
    assert aqui == la and aqui
    assert not [v for linha in aqui for v in linha.values() if isinstance(v, datetime) and v.tzinfo]


@pytest.mark.parametrize(("entidade", "coluna"), [("atendimento", "nr_atendimento"), ("paciente", "cd_pessoa_fisica")])
def test_records_read_from_oracle_are_those_read_from_postgresql(
    no_oracle: Engine, no_postgresql: Engine, entidade: str, coluna: str
) -> None:
    todas = [str(c) for c in chaves(no_postgresql, coluna)]
    contexto = Contexto(DePara.carregar("tasy", "tasy"), ZoneInfo(origem.FUSO))
    aqui, la = (Leitor(ConsultasSistema(engine, SISTEMA), contexto, entidade).ler(todas) for engine in (no_oracle, no_postgresql))
    assert {c: motivo_de(v) if isinstance(v, Exception) else v for c, v in aqui.items()} == {
        c: motivo_de(v) if isinstance(v, Exception) else v for c, v in la.items()
    }
    assert sum(v is not None and not isinstance(v, Exception) for v in aqui.values()) > len(todas) / 2
