"""The SQL of Consulfarma is one text for SQL Server and PostgreSQL: parsed as both, and kept to what both read alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlalchemy import text
from sqlglot import exp

from include.fusion.sistemas.consulfarma import SISTEMA
from sandbox.origens.consulfarma.esquema import DDL, comandos

PASTA = Path(__file__).resolve().parents[2] / "include" / "sql" / "consulfarma"
ARQUIVOS = sorted(PASTA.glob("*.sql"))
BINDS = {"origem": {"marcador", "chave", "limite"}, "vigia": {"marcador"}, "total": set(),
         "chaves": {"atendimento", "paciente", "inicio", "fim", "chave", "limite"}}  # fmt: skip
_PROIBIDO = re.compile(r"\|\||::|\b(TOP|LIMIT|ISNULL|NVL|ILIKE|GETDATE|NOW|CONVERT|TRUE|FALSE|WITH|DECODE)\b|\[|\"", re.IGNORECASE)
por_arquivo = pytest.mark.parametrize("arquivo", ARQUIVOS, ids=lambda a: a.name)


def _codigo(arquivo: Path) -> str:
    """The statement with a literal for each bind, as the drivers send it."""
    sql = re.sub(r"IN :chaves", "IN (1, 2)", re.sub(r"--.*", "", arquivo.read_text(encoding="utf-8")))
    return re.sub(r":(\w+)", lambda m: "10" if m[1] == "limite" else "'1'", sql)


def _colunas_do_contrato() -> dict[str, set[str]]:
    tabelas = {}
    for comando in sqlglot.parse(DDL.read_text(encoding="utf-8"), dialect="tsql"):
        if isinstance(comando, exp.Create) and comando.kind == "TABLE":
            tabelas[comando.find(exp.Table).name] = {c.name for c in comando.find_all(exp.ColumnDef)}
    return tabelas


@pytest.mark.parametrize("dialeto", ["tsql", "postgres"])
@por_arquivo
def test_both_engines_parse_it(arquivo: Path, dialeto: str) -> None:
    assert len(sqlglot.parse(_codigo(arquivo), dialect=dialeto)) == 1


@por_arquivo
def test_it_stays_in_the_subset_both_read_alike(arquivo: Path) -> None:
    assert _PROIBIDO.search(_codigo(arquivo)) is None


@por_arquivo
def test_it_is_short_and_says_what_it_reads(arquivo: Path) -> None:
    linhas = arquivo.read_text(encoding="utf-8").splitlines()
    assert len(linhas) <= 40
    assert linhas[0].startswith("-- ")
    assert "include/contracts/consulfarma/ddl.sql" in "".join(linhas[:3])


@por_arquivo
def test_its_binds_are_those_the_engine_gives(arquivo: Path) -> None:
    esperado = BINDS.get(arquivo.stem.split("_")[0], {"chaves"})
    assert set(text(arquivo.read_text(encoding="utf-8"))._bindparams) == esperado


@por_arquivo
def test_its_columns_are_in_the_contract(arquivo: Path) -> None:
    contrato = _colunas_do_contrato()
    consulta = sqlglot.parse_one(_codigo(arquivo), dialect="tsql")
    nomes = {t.alias: t.name for t in consulta.find_all(exp.Table) if t.name in contrato and t.alias != "t"}
    usadas = [(nomes[c.table], c.name) for c in consulta.find_all(exp.Column) if c.table in nomes and c.name[:1].isupper()]
    assert [(tabela, coluna) for tabela, coluna in usadas if coluna not in contrato[tabela]] == []


def test_every_file_that_the_system_names_is_there_and_no_other() -> None:
    nomeados = {o.sql for o in SISTEMA.origens} | {o.sql_vigia for o in SISTEMA.origens} | {SISTEMA.sql_chaves, SISTEMA.sql_total}
    nomeados |= {arquivo for d in SISTEMA.detalhes for arquivo, _ in d.variantes}
    assert {a.name for a in ARQUIVOS} == nomeados


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
