"""What the Oracle tests share: which server, an Airflow connection on it, and tables that are ours alone."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

HABILITADOS = os.environ.get("FUSION_ORACLE_TESTS") == "1"
RAIZ = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Servidor:
    usuario: str
    senha: str
    host: str
    porta: int
    servico: str
    imitado: bool
    """The stand-in, which imitates Oracle, instead of a server that the environment names."""

    @classmethod
    def de_dsn(cls, dsn: str, *, imitado: bool) -> Servidor:
        partes = re.fullmatch(r"([^/]+)/(.+)@([^@:/]+):(\d+)/([^/@]+)", dsn)
        if partes is None:
            raise pytest.UsageError("ORACLE_TEST_DSN is not user/password@host:port/service")
        usuario, senha, host, porta, servico = partes.groups()
        return cls(usuario, senha, host, int(porta), servico, imitado)

    def conexao(self, *, login: str | None = None, senha: str | None = None, **extra: Any) -> str:
        """As an Airflow connection; ``senha`` instead of the right one, ``login`` another account of the stand-in."""
        campos = {"conn_type": "oracle", "host": self.host, "port": self.porta}
        campos |= {"login": login or self.usuario, "password": senha or self.senha}
        return json.dumps({**campos, "extra": {"service_name": self.servico, **extra}})

    def ddl(self, comando: str) -> str:
        """``comando`` as this server takes it: unchanged on Oracle. On the stand-in PostgreSQL's own grammar leaves gaps."""
        if not self.imitado:
            return comando
        # Identity columns are integers only, storage has other words, and an index's expression needs its brackets.
        comando = re.sub(r"NUMBER\(19\)( GENERATED \w+(?: \w+)? AS IDENTITY)", r"INTEGER\1", comando)
        comando = re.sub(r"\(CACHE \d+ ORDER\)| SEGMENT CREATION IMMEDIATE INITRANS \d+", "", comando)
        return re.sub(r"CASE WHEN .*? END", r"(\g<0>)", comando) if re.match(r"CREATE (UNIQUE )?INDEX", comando) else comando


def comandos(script: str) -> Iterator[str]:
    """Statements of a script that ends each with a line of its own: ``/``."""
    for bloco in re.split(r"^/$", script, flags=re.MULTILINE):
        linhas = [linha for linha in bloco.splitlines() if linha.strip() and not linha.startswith("--")]
        if linhas and linhas != ["COMMIT"]:
            yield "\n".join(linhas)


class Tabelas:
    """Creates tables and drops them again; refuses a schema that has one of them, since it could be somebody's."""

    def __init__(self, engine: Engine, servidor: Servidor) -> None:
        self._engine = engine
        self._servidor = servidor
        self._criadas: list[str] = []

    def criar(self, ddl: Iterable[str]) -> None:
        for comando in ddl:
            partes = re.match(r"CREATE (?:GLOBAL TEMPORARY )?TABLE ([\w.]+)", comando, re.IGNORECASE)
            if partes is not None:
                self._exigir_livre(partes[1])
                self._criadas.append(partes[1])
            with self._engine.begin() as con:
                con.exec_driver_sql(self._servidor.ddl(comando))

    def _exigir_livre(self, nome: str) -> None:
        with self._engine.connect() as con:
            dono, _, tabela = nome.upper().rpartition(".")
            onde = {"tabela": tabela, "dono": dono or con.execute(text("select user from dual")).scalar_one()}
            if con.execute(text("select count(*) from all_tables where table_name = :tabela and owner = :dono"), onde).scalar_one():
                pytest.exit(f"the schema has a table {nome} already; the Oracle tests create and drop it: name a fresh user", 2)

    def apagar(self) -> None:
        for nome in reversed(self._criadas):
            with self._engine.begin() as con:
                con.exec_driver_sql(f"DROP TABLE {nome}")


def em_oracle(origem: str, dono: str) -> Iterator[str]:
    """A sandbox source's tables in Oracle's words: DATE, NUMBER, VARCHAR2, and LONG where the vendor has one."""
    trocas = (
        (r"--.*", ""),
        (rf" references {dono}\.\w+", ""),
        (r"\bbigint\b", "NUMBER(13)"),
        (r"\bnumeric\b", "NUMBER"),
        (r"\bvarchar\(", "VARCHAR2("),
        (r"\btimestamp\(0\)", "DATE"),
        (r"\bds_evolucao text\b", "ds_evolucao LONG"),
        (r"\btext\b", "CLOB"),
        (r"not null default ('?\w+'?)", r"DEFAULT \1 NOT NULL"),
    )
    script = (RAIZ / "sandbox/origens" / origem / "esquema.sql").read_text(encoding="utf-8")
    for velho, novo in trocas:
        script = re.sub(velho, novo, script)
    yield from (c.strip() for c in script.split(";") if c.strip().startswith(f"create table {dono}."))


def copiar(de: Engine, para: Engine, tabelas: Iterable[str]) -> None:
    """The rows of these tables (their DDL says which) from one engine to the other."""
    with de.connect() as lido, para.begin() as escrito:
        for ddl in tabelas:
            nome = ddl.split()[2]
            resultado = lido.execute(text(f"select * from {nome}"))
            colunas = list(resultado.keys())
            inserir = text(f"insert into {nome} ({', '.join(colunas)}) values ({', '.join(f':{c}' for c in colunas)})")
            for lote in resultado.mappings().partitions(500):
                escrito.execute(inserir, [dict(linha) for linha in lote])


def em_ordem(lidas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The statements order rows where the mapping needs it, and leave ties to the engine."""
    return sorted(lidas, key=lambda linha: [str(v) for v in linha.values()])
