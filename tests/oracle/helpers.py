"""What the Oracle tests share: which server, an Airflow connection on it, and tables that are ours alone."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine, text

from tests import ROOT

HABILITADOS = os.environ.get("FUSION_ORACLE_TESTS") == "1"


@dataclass(frozen=True)
class Server:
    user: str
    password: str
    host: str
    port: int
    service: str
    imitated: bool
    """The stand-in, which imitates Oracle, instead of a server that the environment names."""

    @classmethod
    def de_dsn(cls, dsn: str, *, imitated: bool) -> Server:
        parts = re.fullmatch(r"([^/]+)/(.+)@([^@:/]+):(\d+)/([^/@]+)", dsn)
        if parts is None:
            raise pytest.UsageError("ORACLE_TEST_DSN is not user/password@host:port/service")
        user, password, host, port, service = parts.groups()
        return cls(user, password, host, int(port), service, imitated)

    def connection(self, *, login: str | None = None, password: str | None = None, **extra: Any) -> str:
        """As an Airflow connection; ``password`` instead of the right one, ``login`` another account of the stand-in."""
        fields = {"conn_type": "oracle", "host": self.host, "port": self.port}
        fields |= {"login": login or self.user, "password": password or self.password}
        return json.dumps({**fields, "extra": {"service_name": self.service, **extra}})

    def ddl(self, command: str) -> str:
        """``command`` as this server takes it: unchanged on Oracle. On the stand-in PostgreSQL's own grammar leaves gaps."""
        if not self.imitated:
            return command
        # Identity columns are integers only, storage has other words, and an index's expression needs its brackets.
        command = re.sub(r"NUMBER\(19\)( GENERATED \w+(?: \w+)? AS IDENTITY)", r"INTEGER\1", command)
        command = re.sub(r"\(CACHE \d+ ORDER\)| SEGMENT CREATION IMMEDIATE INITRANS \d+", "", command)
        return re.sub(r"CASE WHEN .*? END", r"(\g<0>)", command) if re.match(r"CREATE (UNIQUE )?INDEX", command) else command


def commands(script: str) -> Iterator[str]:
    """Statements of a script that ends each with a line of its own: ``/``."""
    for block in re.split(r"^/$", script, flags=re.MULTILINE):
        rows = [row for row in block.splitlines() if row.strip() and not row.startswith("--")]
        if rows and rows != ["COMMIT"]:
            yield "\n".join(rows)


class Tables:
    """Creates tables and drops them again; refuses a schema that has one of them, since it could be somebody's."""

    def __init__(self, engine: Engine, server: Server) -> None:
        self._engine = engine
        self._server = server
        self._created: list[str] = []

    def create(self, ddl: Iterable[str]) -> None:
        for command in ddl:
            parts = re.match(r"CREATE (?:GLOBAL TEMPORARY )?TABLE ([\w.]+)", command, re.IGNORECASE)
            if parts is not None:
                self._demand_free(parts[1])
                self._created.append(parts[1])
            with self._engine.begin() as con:
                con.exec_driver_sql(self._server.ddl(command))

    def _demand_free(self, name: str) -> None:
        with self._engine.connect() as con:
            owner, _, table = name.upper().rpartition(".")
            where = {"tabela": table, "dono": owner or con.execute(text("select user from dual")).scalar_one()}
            if con.execute(text("select count(*) from all_tables where table_name = :tabela and owner = :dono"), where).scalar_one():
                pytest.exit(f"the schema has a table {name} already; the Oracle tests create and drop it: name a fresh user", 2)

    def delete(self) -> None:
        for name in reversed(self._created):
            with self._engine.begin() as con:
                con.exec_driver_sql(f"DROP TABLE {name}")


def on_oracle(origin: str, owner: str) -> Iterator[str]:
    """A sandbox source's tables in Oracle's words: DATE, NUMBER, VARCHAR2, and LONG where the vendor has one."""
    trocas = (
        (r"--.*", ""),
        (rf" references {owner}\.\w+", ""),
        (r"\bbigint\b", "NUMBER(13)"),
        (r"\bnumeric\b", "NUMBER"),
        (r"\bvarchar\(", "VARCHAR2("),
        (r"\btimestamp\(0\)", "DATE"),
        (r"\bds_evolucao text\b", "ds_evolucao LONG"),
        (r"\btext\b", "CLOB"),
        (r"not null default ('?\w+'?)", r"DEFAULT \1 NOT NULL"),
    )
    script = (ROOT / "sandbox/origens" / origin / "esquema.sql").read_text(encoding="utf-8")
    for old, new in trocas:
        script = re.sub(old, new, script)
    yield from (c.strip() for c in script.split(";") if c.strip().startswith(f"create table {owner}."))


def copy(start: Engine, para: Engine, tables: Iterable[str]) -> None:
    """The rows of these tables (their DDL says which) from one engine to the other."""
    with start.connect() as read_item, para.begin() as escrito:
        for ddl in tables:
            name = ddl.split()[2]
            result = read_item.execute(text(f"select * from {name}"))
            columns = list(result.keys())
            insert = text(f"insert into {name} ({', '.join(columns)}) values ({', '.join(f':{c}' for c in columns)})")
            for batch in result.mappings().partitions(500):
                escrito.execute(insert, [dict(row) for row in batch])


def in_order(read_rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The statements order rows where the mapping needs it, and leave ties to the engine."""
    return sorted(read_rows, key=lambda row: [str(v) for v in row.values()])
