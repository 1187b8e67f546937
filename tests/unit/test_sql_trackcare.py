"""What only TrakCare's SQL must say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from include.fusion.reading.sql import sql_folder
from include.fusion.sistemas.trackcare.system import DETALHES
from sandbox.origens.trackcare.esquema import VIGIADAS
from tests.unit.sql_apoio import codigo

PASTA = sql_folder("trackcare")
CONTRATO = Path(__file__).resolve().parents[2] / "include" / "contracts" / "trackcare" / "ddl.sql"
ARQUIVOS = sorted(PASTA.glob("*.sql"))
# Names that are reserved words of InterSystems SQL and could pass for aliases.
_RESERVADAS = frozenset(["absolute", "action", "add", "all", "any", "avg", "close", "count", "current", "cursor", "date", "day", "domain", "end", "exists", "external", "extract", "first", "last", "left", "level", "max", "min", "month", "names", "next", "no", "null", "number", "on", "option", "order", "section", "session", "size", "sql", "state", "time", "top", "user", "value", "values", "year"])  # fmt: skip
por_arquivo = pytest.mark.parametrize("arquivo", ARQUIVOS, ids=lambda a: a.stem)


@por_arquivo
def test_no_alias_is_a_reserved_word(arquivo: Path) -> None:
    lida = sqlglot.parse_one(codigo(arquivo), dialect="postgres")
    assert not {a.alias.lower() for a in lida.find_all(exp.Alias, exp.TableAlias)} & _RESERVADAS


@pytest.mark.parametrize("nome", DETALHES)
def test_a_kind_of_rows_comes_in_a_fixed_order_with_its_key_first(nome: str) -> None:
    consulta = sqlglot.parse_one(codigo(PASTA / f"read_{nome}.sql"), dialect="postgres")
    assert consulta.named_selects[0] == "chave" and len(set(consulta.named_selects)) == len(consulta.named_selects)
    assert consulta.args.get("order") or nome == "paciente"


def test_the_text_of_a_note_comes_last_and_is_used_nowhere_else() -> None:
    consulta = sqlglot.parse_one(codigo(PASTA / "read_notas.sql"), dialect="postgres")
    assert consulta.selects[-1].name == "not_notes" and [c.name for c in consulta.find_all(exp.Column)].count("not_notes") == 1


def test_the_sites_upkeep_covers_every_table_and_column_that_the_sandboxs_does() -> None:
    upkeep = CONTRATO.read_text(encoding="utf-8").lower().partition("-- upkeep")[2]
    assert [tabela for tabela in VIGIADAS if not re.search(rf"\b{tabela}\b", upkeep)] == []
    colunas = re.search(r"pacienteses \((.*?)\)", (PASTA / "initial_load.sql").read_text(encoding="utf-8"), re.DOTALL)
    assert colunas is not None
    assert [c for c in re.split(r",\s*", colunas[1]) if c != "pacienteid" and not re.search(rf"\b{c} = ", upkeep)] == []
