"""The SQL of the surgical chain against MV's tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from include.fusion.settings.registry import SYSTEMS_FOLDER
from include.fusion.sistemas.fusion_service.system import SISTEMA as FUSION_SERVICE
from include.fusion.sistemas.skymed.system import SISTEMA as SKYMED
from tests.unit.sql_apoio import codigo

RAIZ = Path(__file__).resolve().parents[2]
SISTEMAS = (SKYMED, FUSION_SERVICE)
ARQUIVOS = sorted(a for s in SISTEMAS for a in (SYSTEMS_FOLDER / s.nome / "sql").glob("*.sql"))
por_arquivo = pytest.mark.parametrize("arquivo", ARQUIVOS, ids=lambda a: f"{a.parents[1].name}/{a.stem}")


def _colunas() -> dict[str, set[str]]:
    ddl = "".join((RAIZ / "sandbox" / "origens" / "mv" / a).read_text(encoding="utf-8") for a in ("esquema.sql", "diario.sql"))
    tabelas = {}
    for tabela in re.findall(r"create table (?:dbamv|fusion_integracao)\.\w+ \(.*?\n?.*?\);", re.sub(r"--.*", "", ddl), flags=re.DOTALL):
        comando = sqlglot.parse_one(tabela, dialect="postgres")
        achada = comando.find(exp.Table)
        assert achada is not None
        tabelas[achada.name] = {c.name for c in comando.find_all(exp.ColumnDef)}
    return tabelas


@por_arquivo
def test_its_columns_are_mvs(arquivo: Path) -> None:
    tabelas = _colunas()
    comando = sqlglot.parse_one(codigo(arquivo), dialect="oracle")
    nomes = {t.alias_or_name.lower(): t.name.lower() for t in comando.find_all(exp.Table)}
    usadas = [(nomes[c.table.lower()], c.name.lower()) for c in comando.find_all(exp.Column) if c.table.lower() in nomes]
    assert [par for par in usadas if par[1] not in tabelas[par[0]]] == []


def test_the_form_finds_the_same_bookings_in_both() -> None:
    assert len({(SYSTEMS_FOLDER / s.nome / "sql" / "keys.sql").read_text(encoding="utf-8") for s in SISTEMAS}) == 1
