"""TrackCare's SQL as text: inside the subset that InterSystems SQL and PostgreSQL read alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from include.fusion.leitura import RAIZ_SQL, instrucao
from include.fusion.sistemas.trackcare import DETALHES, SISTEMA
from sandbox.origens.trackcare.esquema import VIGIADAS

PASTA = RAIZ_SQL / "trackcare"
CONTRATO = RAIZ_SQL.parent / "contracts" / "trackcare" / "ddl.sql"
ARQUIVOS = sorted(PASTA.glob("*.sql"))
BINDS: dict[str, set[str]] = {f"{d}.sql": {"chaves"} for d in DETALHES} | {
    "chaves.sql": {"atendimento", "paciente", "inicio", "fim", "chave", "limite"}, "total.sql": set(), "pessoas.sql": {"chave", "limite"},
    "carga_inicial.sql": {"depois", "ate", "agora"}, "pacienteses.sql": {"marcador", "chave", "limite"}, "pacienteses_vigia.sql": {"marcador"},
}  # fmt: skip
# InterSystems SQL has TOP, arrows and || of its own; none of it, and no page inside a subquery, which it refuses.
_PROIBIDO = re.compile(
    r"\|\||::|->|''|\b(LIMIT|TOP|NVL|DECODE|ILIKE|NOW|CONVERT|TRUE|FALSE|WITH|EXCEPT|MINUS|%\w+)\b|\"|\bFETCH\b[^)]*\)", re.IGNORECASE
)
# Names that are reserved words of InterSystems SQL and could pass for aliases.
_RESERVADAS = frozenset(["absolute", "action", "add", "all", "any", "avg", "close", "count", "current", "cursor", "date", "day", "domain", "end", "exists", "external", "extract", "first", "last", "left", "level", "max", "min", "month", "names", "next", "no", "null", "number", "on", "option", "order", "section", "session", "size", "sql", "state", "time", "top", "user", "value", "values", "year"])  # fmt: skip
por_arquivo = pytest.mark.parametrize("arquivo", ARQUIVOS, ids=lambda a: a.stem)


def _codigo(arquivo: Path) -> str:
    """The statement with a literal for each bind."""
    sql = re.sub(r"IN :\w+", "IN (1, 2)", re.sub("--.*", "", arquivo.read_text(encoding="utf-8")))
    return re.sub(r":(\w+)", lambda m: "10" if m[1] == "limite" else "1", sql)


@por_arquivo
def test_it_is_one_statement(arquivo: Path) -> None:
    """sqlglot has no InterSystems dialect: the standard one and PostgreSQL's must both take it."""
    for dialeto in ("postgres", ""):
        instrucoes = sqlglot.parse(_codigo(arquivo), dialect=dialeto)
        assert len(instrucoes) == 1 and isinstance(instrucoes[0], exp.Query | exp.Insert)


@por_arquivo
def test_only_the_portable_subset_is_used(arquivo: Path) -> None:
    assert _PROIBIDO.search(_codigo(arquivo)) is None


@por_arquivo
def test_every_table_says_its_schema_and_no_alias_is_a_reserved_word(arquivo: Path) -> None:
    lida = sqlglot.parse_one(_codigo(arquivo), dialect="postgres")
    assert {t.db for t in lida.find_all(exp.Table)} == {"sqluser"}
    assert not {a.alias.lower() for a in lida.find_all(exp.Alias, exp.TableAlias)} & _RESERVADAS


@por_arquivo
def test_it_is_short_and_says_what_it_is_for(arquivo: Path) -> None:
    linhas = arquivo.read_text(encoding="utf-8").splitlines()
    assert linhas[0].startswith("-- TrakCare") and len(linhas) <= 40 and max(map(len, linhas)) <= 150


@por_arquivo
def test_its_binds_are_those_the_engine_gives_and_none_hides_in_a_comment(arquivo: Path) -> None:
    assert set(instrucao(arquivo)._bindparams) == BINDS[arquivo.name]
    assert not [c for c in re.findall("--.*", arquivo.read_text(encoding="utf-8")) if re.search(r"(?<![:\w]):\w", c)]


@pytest.mark.parametrize("nome", DETALHES)
def test_a_kind_of_rows_comes_in_a_fixed_order_with_its_key_first(nome: str) -> None:
    consulta = sqlglot.parse_one(_codigo(PASTA / f"{nome}.sql"), dialect="postgres")
    assert consulta.named_selects[0] == "chave" and len(set(consulta.named_selects)) == len(consulta.named_selects)
    assert consulta.args.get("order") or nome == "paciente"


def test_the_text_of_a_note_comes_last_and_is_used_nowhere_else() -> None:
    consulta = sqlglot.parse_one(_codigo(PASTA / "notas.sql"), dialect="postgres")
    assert consulta.selects[-1].name == "not_notes" and [c.name for c in consulta.find_all(exp.Column)].count("not_notes") == 1


def test_every_file_is_known_and_every_name_exists() -> None:
    assert {a.name for a in ARQUIVOS} == set(BINDS)
    assert {o.sql for o in SISTEMA.origens} | {o.sql_vigia for o in SISTEMA.origens} <= set(BINDS)


def test_the_sites_upkeep_covers_every_table_and_column_that_the_sandboxs_does() -> None:
    upkeep = CONTRATO.read_text(encoding="utf-8").lower().partition("-- upkeep")[2]
    assert [tabela for tabela in VIGIADAS if not re.search(rf"\b{tabela}\b", upkeep)] == []
    colunas = re.search(r"pacienteses \((.*?)\)", (PASTA / "carga_inicial.sql").read_text(encoding="utf-8"), re.DOTALL)
    assert colunas is not None
    assert [c for c in re.split(r",\s*", colunas[1]) if c != "pacienteid" and not re.search(rf"\b{c} = ", upkeep)] == []
