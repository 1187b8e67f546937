"""A small PEC of the sandbox with a reader on it. The fixtures are in ``fixtures``."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg2
from sqlalchemy import Engine, create_engine

from include.fusion.model.atendimento import Atendimento
from include.fusion.model.depara import DePara
from include.fusion.reading.reader import Reader
from include.fusion.reading.spec import MappingContext
from include.fusion.reading.sql import SystemQueries
from include.fusion.sistemas.esus_ab.system import SYSTEM
from sandbox.origens import esus_ab
from sandbox.origens.esus_ab.simulador import Clinica
from sandbox.postgres import Postgres


@dataclass
class Pec:
    """One sandbox PEC: ``con`` writes as the clinic does, ``reader`` reads as the hub does."""

    dsn: str
    con: Any
    engine: Engine
    queries: SystemQueries
    reader: Reader
    rng: random.Random

    def clinica(self) -> Clinica:
        return Clinica(self.con, self.rng)

    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.con, self.con.cursor() as cur:
            cur.execute(text, values)
            return cur.fetchall() if cur.description else []

    def read(self, key: Any) -> Any:
        return self.reader.read([str(key)])[str(key)]

    def now(self) -> datetime:
        return self.sql(f"select clock_timestamp() at time zone '{esus_ab.ZONE}'")[0][0]

    def seen(self, origin: str, marker: datetime, key: int | None = None, limit: int = 100_000) -> list[dict[str, Any]]:
        """Rows that one origin of change yields after a marker."""
        found_one = next(o for o in self.queries.origins if o.nome == origin)
        with self.engine.connect() as con:
            return self.queries.rows(con, found_one.sql, marcador=marker, chave=key, limite=limit)

    def watcher(self, origin: str, marker: datetime) -> dict[str, Any]:
        found_one = next(o for o in self.queries.origins if o.nome == origin)
        with self.engine.connect() as con:
            return self.queries.rows(con, found_one.sql_probe, marcador=marker)[0]

    def visit(self) -> tuple[int, int, int]:
        """(visit, professional attendance, citizen) of a new finished visit of a new citizen."""
        with self.con:
            c = self.clinica()
            cidadao, medical_record = c.new_cidadao()
            atend = c.admit(medical_record)
            prof = c.shift(atend, 1)
            c.write_text(prof, medical_record)
            c.status(atend, 4, prof)
        return atend, prof, cidadao

    def mapped(self, key: Any) -> Atendimento:
        read_item = self.read(key)
        assert isinstance(read_item, Atendimento), read_item
        return read_item


def open_source(postgres: Postgres, version: Any, atendimentos: int = 200) -> Iterator[Pec]:
    name = f"esus_{secrets.token_hex(4)}"
    dsn = postgres.create_database(name)
    esus_ab.create(dsn, version)
    esus_ab.generate(dsn, atendimentos, 7)
    engine = create_engine(postgres.sqlalchemy(name))
    queries = SystemQueries(engine, SYSTEM)
    context = MappingContext(DePara.load("esus_ab", "esus_ab"), ZoneInfo(esus_ab.ZONE))
    con = psycopg2.connect(dsn)
    yield Pec(dsn, con, engine, queries, Reader(queries, context), random.Random(11))
    con.close()
    engine.dispose()
    admin = psycopg2.connect(postgres.dsn("postgres"))
    admin.autocommit = True
    admin.cursor().execute(f'drop database "{name}" with (force)')
    admin.close()
