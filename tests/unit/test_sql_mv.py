"""MV's SQL as text: one statement for Oracle and PostgreSQL, inside the subset that both read alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from include.fusion.leitura import RAIZ_SQL, instrucao
from include.fusion.sistemas.mv import SISTEMA

PASTA = RAIZ_SQL / "mv"
ARQUIVOS = sorted(PASTA.glob("*.sql"))
ORIGENS = SISTEMA.origens
DETALHES = sorted({arquivo for d in (*SISTEMA.detalhes, *SISTEMA.leitura("paciente").detalhes) for arquivo, _ in d.variantes})
LONGAS = {"evolucoes.sql": "ds_texto", "evolucoes_prescricao.sql": "ds_evolucao"}
BINDS: dict[str, set[str]] = {d: {"chaves"} for d in DETALHES} | {
    "chaves.sql": {"atendimento", "paciente", "inicio", "fim", "chave", "limite"}, "total.sql": set(), "uti_pendentes.sql": {"desde"},
}  # fmt: skip
for _o in ORIGENS:
    BINDS |= {_o.sql: {"marcador", "chave", "limite"}, _o.sql_vigia: {"marcador"}}
for _d in SISTEMA.diarios:
    BINDS |= {_d.sql: {"limite"}, _d.sql_apagar: {"ids"}, _d.sql_vigia: set()}
_PROIBIDO = re.compile(
    r"\|\||::|''|\b(LIMIT|NVL|DECODE|ROWNUM|DUAL|ILIKE|NOW|SYSDATE|TRUNC|TO_DATE|TO_CHAR|CONVERT|TRUE|FALSE|WITH|EXCEPT|MINUS|AS (?=DATE))\b|\(\+\)|\"",
    re.IGNORECASE,
)
por_arquivo = pytest.mark.parametrize("arquivo", ARQUIVOS, ids=lambda a: a.stem)


def _codigo(arquivo: Path) -> str:
    """The statement with a literal for each bind."""
    sql = re.sub(r"IN :\w+", "IN (1, 2)", re.sub("--.*", "", arquivo.read_text(encoding="utf-8")))
    return re.sub(r":(\w+)", lambda m: "10" if m[1] == "limite" else "DATE '2026-01-01'" if m[1] == "desde" else "1", sql)


@pytest.mark.parametrize("dialeto", ["oracle", "postgres"])
@por_arquivo
def test_both_engines_parse_it(arquivo: Path, dialeto: str) -> None:
    instrucoes = sqlglot.parse(_codigo(arquivo), dialect=dialeto)
    assert len(instrucoes) == 1 and isinstance(instrucoes[0], exp.Query | exp.Delete)


@por_arquivo
def test_only_the_portable_subset_is_used(arquivo: Path) -> None:
    assert _PROIBIDO.search(_codigo(arquivo)) is None
    assert not re.search(r"\b(FROM|JOIN) \S+ AS\b", _codigo(arquivo)), "Oracle takes no AS before a table's alias"


@por_arquivo
def test_every_table_says_its_owner(arquivo: Path) -> None:
    tabelas = list(sqlglot.parse_one(_codigo(arquivo), dialect="oracle").find_all(exp.Table))
    assert tabelas and {t.db for t in tabelas} <= {"dbamv", "fusion_integracao"}


@por_arquivo
def test_it_is_short_and_says_what_it_is_for(arquivo: Path) -> None:
    linhas = arquivo.read_text(encoding="utf-8").splitlines()
    assert linhas[0].startswith("-- MV") and len(linhas) <= 40 and max(map(len, linhas)) <= 140


@por_arquivo
def test_no_bind_hides_in_a_comment(arquivo: Path) -> None:
    """The driver writes values into the text: one with a line break would leave the comment."""
    comentarios = re.findall("--.*", arquivo.read_text(encoding="utf-8"))
    assert not [c for c in comentarios if re.search(r"(?<![:\w]):\w", c)]


@por_arquivo
def test_its_binds_are_those_the_engine_gives(arquivo: Path) -> None:
    assert set(instrucao(arquivo)._bindparams) == BINDS[arquivo.name]


@por_arquivo
def test_selected_columns_have_one_name_each(arquivo: Path) -> None:
    """Oracle refuses a page (FETCH NEXT) of a query in which two columns are called alike."""
    nomes = getattr(sqlglot.parse_one(_codigo(arquivo), dialect="oracle"), "named_selects", [])
    assert len(nomes) == len(set(nomes))


@pytest.mark.parametrize("arquivo", LONGAS)
def test_a_long_column_is_selected_last_and_used_nowhere_else(arquivo: str) -> None:
    coluna, consulta = LONGAS[arquivo], sqlglot.parse_one(_codigo(PASTA / arquivo), dialect="oracle")
    assert [c.name for c in consulta.find_all(exp.Column)].count(coluna) == 1
    assert consulta.selects[-1].name == coluna and isinstance(consulta.selects[-1], exp.Column)
    assert not consulta.find(exp.Distinct, exp.Union, exp.Group)


def test_no_other_file_touches_a_long_column() -> None:
    tocam = {a.name for a in ARQUIVOS if re.search("ds_evolucao|ds_texto", _codigo(a))}
    assert tocam == set(LONGAS)


@pytest.mark.parametrize("origem", ORIGENS, ids=lambda o: o.nome)
def test_an_origin_yields_what_the_load_reads_in_its_order(origem) -> None:
    consulta = sqlglot.parse_one(_codigo(PASTA / origem.sql), dialect="oracle")
    assert consulta.named_selects == ["marcador", "chave", "chave_paciente", "operacao"]
    ordem = [o.this.sql() for o in consulta.args["order"].expressions]
    assert ordem == ["1", "2"] or ordem == [s.this.sql() for s in consulta.selects[:2]]
    assert sqlglot.parse_one(_codigo(PASTA / origem.sql_vigia), dialect="oracle").named_selects == ["quantidade", "marcador"]


def test_every_file_is_used_and_every_name_exists() -> None:
    usados = {o.sql for o in ORIGENS} | {o.sql_vigia for o in ORIGENS} | set(DETALHES) | {r.sql for r in SISTEMA.rondas}
    usados |= {nome for d in SISTEMA.diarios for nome in (d.sql, d.sql_apagar, d.sql_vigia)}
    assert {a.name for a in ARQUIVOS} == usados | {SISTEMA.sql_chaves, SISTEMA.sql_total}
