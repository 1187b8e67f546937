"""What only Tasy's SQL must say, and what its DBA runs."""

from __future__ import annotations

import re

import pytest
import sqlglot
from sqlglot import exp

from include.fusion.reading.spec import Origin
from include.fusion.reading.sql import sql_folder
from include.fusion.sistemas.tasy.system import INFORMATION, SYSTEM
from sandbox.origens.tasy.esquema import HERE
from tests import ROOT
from tests.unit.sistemas.sql_files import code, first, found, query

FOLDER = sql_folder("tasy")
CONTRACT = ROOT / "include" / "contracts" / "tasy"
FILES = sorted(FOLDER.glob("*.sql"))
ORIGINS = SYSTEM.origins
LONGA = ("read_evolucoes.sql", "ds_evolucao")


def test_the_long_column_is_selected_last_and_used_nowhere_else() -> None:
    file, column = LONGA
    notes = query(FOLDER / file, "oracle")
    assert [c.name for c in notes.find_all(exp.Column)].count(column) == 1
    assert notes.selects[-1].name == column and isinstance(notes.selects[-1], exp.Column)
    assert not notes.find(exp.Distinct, exp.Union, exp.Group)
    assert {a.name for a in FILES if column in code(a)} == {file}


@pytest.mark.parametrize("origem", [o for o in ORIGINS if o.processo == INFORMATION], ids=lambda o: o.nome)
def test_a_change_below_a_cancelled_attendance_never_brings_it_back(origem: Origin) -> None:
    operation = query(FOLDER / origem.sql, "oracle").selects[3].sql()
    assert "dt_cancelamento" in operation and "exclusao" in operation


@pytest.mark.parametrize(
    ("file", "watermarks"),
    [
        ("sinais_vitais", ("s.dt_liberacao IS NOT NULL", "s.dt_inativacao IS NULL", "COALESCE(s.ie_situacao, 'A') = 'A'")),
        ("evolucoes", ("e.dt_liberacao IS NOT NULL", "COALESCE(e.ie_situacao, 'A') = 'A'")),
        ("diagnosticos", ("d.dt_liberacao IS NOT NULL", "COALESCE(d.ie_situacao, 'A') = 'A'")),
        ("alergias", ("g.dt_liberacao IS NOT NULL", "g.dt_inativacao IS NULL")),
        ("prescricoes", ("m.dt_liberacao IS NOT NULL",)),
        ("procedimentos", ("m.dt_liberacao IS NOT NULL", "m.dt_suspensao IS NULL")),
    ],
)
def test_only_released_rows_in_force_are_read(file: str, watermarks: tuple[str, ...]) -> None:
    where = code(FOLDER / f"read_{file}.sql").split("WHERE")[1]
    assert all(watermark in where for watermark in watermarks)


# What the DBA runs


def _contract(name: str) -> list[str]:
    text = re.sub("--.*", "", (CONTRACT / name).read_text(encoding="utf-8"))
    return re.findall(r"^(?:GRANT READ|CREATE INDEX) [^;]+", text, re.MULTILINE)


@pytest.mark.parametrize("command", [*_contract("permissoes.sql"), *_contract("indices.sql")])
def test_oracle_parses_what_the_dba_runs(command: str) -> None:
    # The parser knows neither ONLINE nor an index that says its owner.
    simple = command.removesuffix(" ONLINE").replace("INDEX TASY.", "INDEX ")
    assert isinstance(sqlglot.parse_one(simple, dialect="oracle"), exp.Grant | exp.Create)


def test_the_account_may_read_every_table_that_the_hub_reads_and_no_other() -> None:
    read_rows = {t.name for a in FILES for t in sqlglot.parse_one(code(a), dialect="oracle").find_all(exp.Table)}
    concedidas = {found(r"TASY\.(\w+)", c)[1].lower() for c in _contract("permissoes.sql")}
    assert read_rows == concedidas


def test_every_marker_has_an_index_on_both_sides() -> None:
    marcadas = {first(first(query(FOLDER / o.sql_probe, "oracle"), exp.From), exp.Table).name for o in ORIGINS}
    assert {found(r"TASY\.(\w+) \(DT_ATUALIZACAO\)", c)[1].lower() for c in _contract("indices.sql")} == marcadas
    gemeos = dict(re.findall(r"index (ix_fusion_\w+) on tasy\.(\w+) \(dt_atualizacao\)", (HERE / "indices.sql").read_text()))
    assert set(gemeos.values()) == marcadas


def test_what_the_hub_reads_the_sandbox_has() -> None:
    tables = {
        first(t, exp.Table).name: {c.name for c in t.find_all(exp.ColumnDef)}
        for t in sqlglot.parse((HERE / "esquema.sql").read_text(encoding="utf-8"), dialect="postgres")
        if isinstance(t, exp.Create) and t.kind == "TABLE"
    }
    assert all({"dt_atualizacao", "nm_usuario", "dt_atualizacao_nrec", "nm_usuario_nrec"} <= columns for columns in tables.values())
    assert len(tables) == len(_contract("permissoes.sql"))
