"""The SQL of the surgical chain is one text for Oracle and PostgreSQL: parsed as both, and kept to what both read alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlalchemy import text
from sqlglot import exp

from include.fusion.sistemas import fusion_service, skymed
from include.fusion.sistemas.base import Sistema

RAIZ = Path(__file__).resolve().parents[2]
SISTEMAS = (skymed.SISTEMA, fusion_service.SISTEMA)
ARQUIVOS = sorted(a for s in SISTEMAS for a in (RAIZ / "include" / "sql" / s.nome).glob("*.sql"))
BINDS = {"paciente_alterado": {"marcador", "chave", "limite"}, "paciente_alterado_vigia": {"marcador"}, "diario_agenda": {"limite"}, "diario_agenda_apagar": {"ids"}, "diario_agenda_vigia": set(), "total": set(),
         "chaves": {"atendimento", "paciente", "inicio", "fim", "chave", "limite"}}  # fmt: skip
_PROIBIDO = re.compile(
    r"\|\||::|''|\b(TOP|LIMIT|ISNULL|NVL|NVL2|ILIKE|SYSDATE|ROWNUM|DUAL|NOW|CONVERT|TRUE|FALSE|WITH|DECODE)\b|\"|\(\+\)", re.IGNORECASE
)
por_arquivo = pytest.mark.parametrize("arquivo", ARQUIVOS, ids=lambda a: f"{a.parent.name}/{a.stem}")


def _codigo(arquivo: Path) -> str:
    """The statement with a literal for each bind, as the drivers send it."""
    sql = re.sub(r"IN :(chaves|ids)", "IN (1, 2)", re.sub(r"--.*", "", arquivo.read_text(encoding="utf-8")))
    return re.sub(r":(\w+)", lambda m: "10" if m[1] == "limite" else "'1'", sql)


def _colunas() -> dict[str, set[str]]:
    ddl = "".join((RAIZ / "sandbox" / "origens" / "mv" / a).read_text(encoding="utf-8") for a in ("esquema.sql", "diario.sql"))
    tabelas = {}
    for tabela in re.findall(r"create table (?:dbamv|fusion_integracao)\.\w+ \(.*?\n?.*?\);", re.sub(r"--.*", "", ddl), flags=re.DOTALL):
        comando = sqlglot.parse_one(tabela, dialect="postgres")
        achada = comando.find(exp.Table)
        assert achada is not None
        tabelas[achada.name] = {c.name for c in comando.find_all(exp.ColumnDef)}
    return tabelas


@pytest.mark.parametrize("dialeto", ["oracle", "postgres"])
@por_arquivo
def test_both_engines_parse_it(arquivo: Path, dialeto: str) -> None:
    assert len(sqlglot.parse(_codigo(arquivo), dialect=dialeto)) == 1


@por_arquivo
def test_it_stays_in_the_subset_both_read_alike(arquivo: Path) -> None:
    assert _PROIBIDO.search(_codigo(arquivo)) is None


@por_arquivo
def test_it_is_short_and_says_what_it_reads(arquivo: Path) -> None:
    linhas = arquivo.read_text(encoding="utf-8").splitlines()
    assert len(linhas) <= 40 and linhas[0].startswith("-- MV: ")


@por_arquivo
def test_its_binds_are_those_the_engine_gives(arquivo: Path) -> None:
    assert set(text(arquivo.read_text(encoding="utf-8"))._bindparams) == BINDS.get(arquivo.stem, {"chaves"})


@por_arquivo
def test_its_columns_are_mvs(arquivo: Path) -> None:
    tabelas = _colunas()
    comando = sqlglot.parse_one(_codigo(arquivo), dialect="oracle")
    nomes = {t.alias_or_name.lower(): t.name.lower() for t in comando.find_all(exp.Table)}
    usadas = [(nomes[c.table.lower()], c.name.lower()) for c in comando.find_all(exp.Column) if c.table.lower() in nomes]
    assert [par for par in usadas if par[1] not in tabelas[par[0]]] == []


@pytest.mark.parametrize("sistema", SISTEMAS, ids=lambda s: s.nome)
def test_every_file_that_the_system_names_is_there_and_no_other(sistema: Sistema) -> None:
    nomeados = {sistema.sql_chaves, sistema.sql_total, *(a for d in sistema.detalhes for a, _ in d.variantes)}
    nomeados |= {a for o in sistema.origens for a in (o.sql, o.sql_vigia)}
    nomeados |= {a for d in sistema.diarios for a in (d.sql, d.sql_apagar, d.sql_vigia)}
    assert {a.name for a in ARQUIVOS if a.parent.name == sistema.nome} == nomeados


def test_the_form_finds_the_same_bookings_in_both() -> None:
    assert len({(RAIZ / "include" / "sql" / s.nome / "chaves.sql").read_text(encoding="utf-8") for s in SISTEMAS}) == 1
