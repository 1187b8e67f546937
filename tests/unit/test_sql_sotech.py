"""Sotech's SQL against its schema, and the statements of the comparison."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from include.fusion.reading.spec import Retrato
from include.fusion.reading.sql import sql_folder
from include.fusion.sistemas.sotech.system import SISTEMA
from sandbox.origens.sotech.esquema import AQUI, CONTRATO
from tests.unit.sql_apoio import codigo

PASTA = sql_folder("sotech")
ARQUIVOS = sorted(PASTA.glob("*.sql"))
NORMALIZADAS = {"version", "ativo", "uuid", "fkuser"}
por_arquivo = pytest.mark.parametrize("arquivo", ARQUIVOS, ids=lambda a: a.stem)
por_retrato = pytest.mark.parametrize("retrato", SISTEMA.retratos, ids=lambda r: r.nome)


def _consulta(arquivo: str) -> exp.Query:
    consulta = sqlglot.parse_one(codigo(PASTA / arquivo), dialect="postgres")
    assert isinstance(consulta, exp.Query)
    return consulta


def _colunas() -> dict[str, set[str]]:
    """Columns of every table, by name, of the sandbox's schema and the contract."""
    tabelas = {}
    for arquivo in (AQUI / "esquema.sql", CONTRATO):
        for comando in sqlglot.parse(arquivo.read_text(encoding="utf-8").split("CREATE FUNCTION")[0], dialect="postgres"):
            if isinstance(comando, exp.Create) and comando.kind == "TABLE":
                tabelas[comando.find(exp.Table).name] = {c.name for c in comando.find_all(exp.ColumnDef)} | NORMALIZADAS
    return tabelas


@por_arquivo
def test_its_columns_are_in_the_schema_or_the_contract(arquivo: Path) -> None:
    tabelas, consulta = _colunas(), sqlglot.parse_one(codigo(arquivo), dialect="postgres")
    for parte in consulta.find_all(exp.Select):
        nomes = {t.alias: t.name for t in parte.find_all(exp.Table) if t.name in tabelas}
        usadas = [(nomes[c.table], c.name) for c in parte.find_all(exp.Column) if c.table in nomes and c.name not in ("bloco", "parcela")]
        assert [(t, c) for t, c in usadas if c not in tabelas[t]] == []


@por_retrato
def test_an_image_yields_what_the_comparison_reads(retrato: Retrato) -> None:
    assert _consulta(retrato.sql_blocos).named_selects == ["bloco", "quantidade", "soma"]
    assert _consulta(retrato.sql).named_selects == ["pk", "parcela", "versao", "ativo", "chave", "chave_paciente"]


@por_retrato
def test_block_and_row_weigh_a_row_alike(retrato: Retrato) -> None:
    def parcela(arquivo: str) -> str:
        return next(e.this.sql() for e in _consulta(arquivo).find_all(exp.Alias) if e.alias == "parcela")

    assert parcela(retrato.sql_blocos) == parcela(retrato.sql)


def test_every_table_that_is_compared_is_counted() -> None:
    contadas = set(re.findall(r"'(\w+)'", codigo(PASTA / "counters.sql"))) - {"sotech", "pep"}
    assert contadas == {r.tabela.split(".")[1] for r in SISTEMA.retratos}
