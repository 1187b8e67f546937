"""Consulfarma's SQL against the contract, and the contract's twin for PostgreSQL."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from include.fusion.sistemas.consulfarma.system import SISTEMA
from sandbox.origens.consulfarma.esquema import DDL, comandos
from tests.unit.sql_apoio import codigo

PASTA = Path(__file__).resolve().parents[2] / "include" / "fusion" / "sistemas" / "consulfarma" / "sql"
ARQUIVOS = sorted(PASTA.glob("*.sql"))
por_arquivo = pytest.mark.parametrize("arquivo", ARQUIVOS, ids=lambda a: a.name)


def _colunas_do_contrato() -> dict[str, set[str]]:
    tabelas = {}
    for comando in sqlglot.parse(DDL.read_text(encoding="utf-8"), dialect="tsql"):
        if isinstance(comando, exp.Create) and comando.kind == "TABLE":
            tabelas[comando.find(exp.Table).name] = {c.name for c in comando.find_all(exp.ColumnDef)}
    return tabelas


@por_arquivo
def test_its_columns_are_in_the_contract(arquivo: Path) -> None:
    contrato = _colunas_do_contrato()
    consulta = sqlglot.parse_one(codigo(arquivo), dialect="tsql")
    nomes = {t.alias: t.name for t in consulta.find_all(exp.Table) if t.name in contrato and t.alias != "t"}
    usadas = [(nomes[c.table], c.name) for c in consulta.find_all(exp.Column) if c.table in nomes and c.name[:1].isupper()]
    assert [(tabela, coluna) for tabela, coluna in usadas if coluna not in contrato[tabela]] == []


def test_every_changing_table_has_an_indexed_marker() -> None:
    sem_marcador = {t for t, colunas in _colunas_do_contrato().items() if "AtualizadoEm" not in colunas}
    indexadas = set(re.findall(r"INDEX IX_(\w+)_Marcador", DDL.read_text(encoding="utf-8")))
    assert sem_marcador == set()
    assert set(_colunas_do_contrato()) - indexadas == {"Unidade", "Profissional"}


def test_the_twin_of_the_schema_parses_as_postgres_and_keeps_no_tsql() -> None:
    for comando in comandos():
        sqlglot.parse_one(comando, dialect="postgres")
        assert not re.search(r"nvarchar|datetime2|uniqueidentifier|IDENTITY\(|NEWID|\bbit\b", comando)


@pytest.mark.parametrize("chave", ["", " 7", "1_000", "-1", "٣", "abc", "9" * 30, "1e3"])
def test_a_key_is_digits_of_a_bigint(chave: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        SISTEMA.tipo_chave(chave)
