"""What the e-SUS tests share: a small PEC of each version with a reader on it."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg2
import pytest
from sqlalchemy import Engine, create_engine

from include.fusion.model.atendimento import Atendimento
from include.fusion.model.depara import DePara
from include.fusion.reading.reader import Leitor
from include.fusion.reading.spec import Contexto
from include.fusion.reading.sql import ConsultasSistema
from include.fusion.sistemas.esus_ab.system import SISTEMA
from sandbox.origens import esus_ab
from sandbox.origens.esus_ab.simulador import Clinica
from sandbox.postgres import Postgres


@dataclass
class Pec:
    """One sandbox PEC: ``con`` writes as the clinic does, ``leitor`` reads as the hub does."""

    dsn: str
    con: Any
    engine: Engine
    consultas: ConsultasSistema
    leitor: Leitor
    rng: random.Random

    def clinica(self) -> Clinica:
        return Clinica(self.con, self.rng)

    def sql(self, texto: str, *valores: Any) -> list[tuple[Any, ...]]:
        with self.con, self.con.cursor() as cur:
            cur.execute(texto, valores)
            return cur.fetchall() if cur.description else []

    def ler(self, chave: Any) -> Any:
        return self.leitor.ler([str(chave)])[str(chave)]

    def agora(self) -> datetime:
        return self.sql(f"select clock_timestamp() at time zone '{esus_ab.FUSO}'")[0][0]

    def vistos(self, origem: str, marcador: datetime, chave: int | None = None, limite: int = 100_000) -> list[dict[str, Any]]:
        """Rows that one origin of change yields after a marker."""
        achada = next(o for o in self.consultas.origens if o.nome == origem)
        with self.engine.connect() as con:
            return self.consultas.linhas(con, achada.sql, marcador=marcador, chave=chave, limite=limite)

    def vigia(self, origem: str, marcador: datetime) -> dict[str, Any]:
        achada = next(o for o in self.consultas.origens if o.nome == origem)
        with self.engine.connect() as con:
            return self.consultas.linhas(con, achada.sql_vigia, marcador=marcador)[0]

    def visita(self) -> tuple[int, int, int]:
        """(visit, professional attendance, citizen) of a new finished visit of a new citizen."""
        with self.con:
            c = self.clinica()
            cidadao, prontuario = c.novo_cidadao()
            atend = c.admitir(prontuario)
            prof = c.turno(atend, 1)
            c.escrever(prof, prontuario)
            c.status(atend, 4, prof)
        return atend, prof, cidadao

    def mapeada(self, chave: Any) -> Atendimento:
        lido = self.ler(chave)
        assert isinstance(lido, Atendimento), lido
        return lido


def abrir(postgres: Postgres, versao: Any, atendimentos: int = 200) -> Iterator[Pec]:
    nome = f"esus_{secrets.token_hex(4)}"
    dsn = postgres.criar_banco(nome)
    esus_ab.criar(dsn, versao)
    esus_ab.gerar(dsn, atendimentos, 7)
    engine = create_engine(postgres.sqlalchemy(nome))
    consultas = ConsultasSistema(engine, SISTEMA)
    contexto = Contexto(DePara.carregar("esus_ab", "esus_ab"), ZoneInfo(esus_ab.FUSO))
    con = psycopg2.connect(dsn)
    yield Pec(dsn, con, engine, consultas, Leitor(consultas, contexto), random.Random(11))
    con.close()
    engine.dispose()
    admin = psycopg2.connect(postgres.dsn("postgres"))
    admin.autocommit = True
    admin.cursor().execute(f'drop database "{nome}" with (force)')
    admin.close()


@pytest.fixture(scope="module", params=["nova", "antiga"])
def pec(request: pytest.FixtureRequest, postgres: Postgres) -> Iterator[Pec]:
    """Both versions of the schema, one after the other."""
    yield from abrir(postgres, request.param)


@pytest.fixture(scope="module")
def pec_nova(postgres: Postgres) -> Iterator[Pec]:
    yield from abrir(postgres, "nova")
