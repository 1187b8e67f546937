"""Sotech's SQL as text: one PostgreSQL statement a file, in the subset that every engine reads alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from include.fusion.leitura import RAIZ_SQL, instrucao
from include.fusion.sistemas.base import Retrato
from include.fusion.sistemas.sotech import SISTEMA
from sandbox.origens.sotech.esquema import AQUI, CONTRATO

PASTA = RAIZ_SQL / "sotech"
ARQUIVOS = sorted(PASTA.glob("*.sql"))
DETALHES = [arquivo for d in SISTEMA.detalhes for arquivo, _ in d.variantes]
BINDS: dict[str, set[str]] = {d: {"chaves"} for d in DETALHES} | {
    "chaves.sql": {"atendimento", "paciente", "inicio", "fim", "chave", "limite"}, "total.sql": set(), "mudancas.sql": set(),
    "retrato_alvos.sql": {"pacientes"},
}  # fmt: skip
for _r in SISTEMA.retratos:
    BINDS |= {_r.sql_blocos: {"tamanho"}, _r.sql: {"de", "ate"}}
NORMALIZADAS = {"version", "ativo", "uuid", "fkuser"}
por_arquivo = pytest.mark.parametrize("arquivo", ARQUIVOS, ids=lambda a: a.stem)
por_retrato = pytest.mark.parametrize("retrato", SISTEMA.retratos, ids=lambda r: r.nome)


def _codigo(arquivo: Path) -> str:
    """The statement with a literal for each bind."""
    sql = re.sub(r"IN :\w+", "IN (1, 2)", re.sub("--.*", "", arquivo.read_text(encoding="utf-8")))
    return re.sub(r":(\w+)", "10", sql)


def _consulta(arquivo: str) -> exp.Query:
    consulta = sqlglot.parse_one(_codigo(PASTA / arquivo), dialect="postgres")
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
def test_it_is_one_statement(arquivo: Path) -> None:
    assert len(sqlglot.parse(_codigo(arquivo), dialect="postgres")) == 1


@por_arquivo
def test_only_the_portable_subset_is_used(arquivo: Path) -> None:
    assert not re.search(r"\|\||::|''|\b(LIMIT|ILIKE|LATERAL|NOW|WITH|DATE_TRUNC|TRUE|FALSE)\b", _codigo(arquivo), re.IGNORECASE)


@por_arquivo
def test_it_is_short_and_says_what_it_reads(arquivo: Path) -> None:
    linhas = arquivo.read_text(encoding="utf-8").splitlines()
    assert linhas[0].startswith("-- Sotech: ") and "Source: " in "".join(linhas[:4])
    assert len(linhas) <= 40 and max(map(len, linhas)) <= 140


@por_arquivo
def test_no_bind_hides_in_a_comment(arquivo: Path) -> None:
    """The driver writes values into the text: one with a line break would leave the comment."""
    comentarios = re.findall("--.*", arquivo.read_text(encoding="utf-8"))
    assert not [c for c in comentarios if re.search(r"(?<![:\w]):\w", c)]


@por_arquivo
def test_its_binds_are_those_the_engine_gives(arquivo: Path) -> None:
    assert set(instrucao(arquivo)._bindparams) == BINDS[arquivo.name]


@por_arquivo
def test_its_columns_are_in_the_schema_or_the_contract(arquivo: Path) -> None:
    tabelas, consulta = _colunas(), sqlglot.parse_one(_codigo(arquivo), dialect="postgres")
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
    contadas = set(re.findall(r"'(\w+)'", _codigo(PASTA / "mudancas.sql"))) - {"sotech", "pep"}
    assert contadas == {r.tabela.split(".")[1] for r in SISTEMA.retratos}


def test_every_file_is_used_and_every_name_exists() -> None:
    usados = {nome for r in SISTEMA.retratos for nome in (r.sql, r.sql_blocos, r.sql_alvos) if nome} | set(DETALHES)
    assert {a.name for a in ARQUIVOS} == usados | {SISTEMA.sql_chaves, SISTEMA.sql_total, SISTEMA.sql_mudancas}
