"""What only Tasy's SQL must say, and what its DBA runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from include.fusion.reading.sql import sql_folder
from include.fusion.sistemas.tasy.system import INFORMACOES, SISTEMA
from sandbox.origens.tasy.esquema import AQUI
from tests.unit.sql_apoio import codigo

PASTA = sql_folder("tasy")
CONTRATO = Path(__file__).resolve().parents[2] / "include" / "contracts" / "tasy"
ARQUIVOS = sorted(PASTA.glob("*.sql"))
ORIGENS = SISTEMA.origens
LONGA = ("read_evolucoes.sql", "ds_evolucao")


def test_the_long_column_is_selected_last_and_used_nowhere_else() -> None:
    arquivo, coluna = LONGA
    consulta = sqlglot.parse_one(codigo(PASTA / arquivo), dialect="oracle")
    assert [c.name for c in consulta.find_all(exp.Column)].count(coluna) == 1
    assert consulta.selects[-1].name == coluna and isinstance(consulta.selects[-1], exp.Column)
    assert not consulta.find(exp.Distinct, exp.Union, exp.Group)
    assert {a.name for a in ARQUIVOS if coluna in codigo(a)} == {arquivo}


@pytest.mark.parametrize("origem", [o for o in ORIGENS if o.processo == INFORMACOES], ids=lambda o: o.nome)
def test_a_change_below_a_cancelled_attendance_never_brings_it_back(origem) -> None:
    consulta = sqlglot.parse_one(codigo(PASTA / origem.sql), dialect="oracle")
    assert "dt_cancelamento" in consulta.selects[3].sql() and "exclusao" in consulta.selects[3].sql()


@pytest.mark.parametrize(
    ("arquivo", "marcas"),
    [
        ("sinais_vitais", ("s.dt_liberacao IS NOT NULL", "s.dt_inativacao IS NULL", "COALESCE(s.ie_situacao, 'A') = 'A'")),
        ("evolucoes", ("e.dt_liberacao IS NOT NULL", "COALESCE(e.ie_situacao, 'A') = 'A'")),
        ("diagnosticos", ("d.dt_liberacao IS NOT NULL", "COALESCE(d.ie_situacao, 'A') = 'A'")),
        ("alergias", ("g.dt_liberacao IS NOT NULL", "g.dt_inativacao IS NULL")),
        ("prescricoes", ("m.dt_liberacao IS NOT NULL",)),
        ("procedimentos", ("m.dt_liberacao IS NOT NULL", "m.dt_suspensao IS NULL")),
    ],
)
def test_only_released_rows_in_force_are_read(arquivo: str, marcas: tuple[str, ...]) -> None:
    onde = codigo(PASTA / f"read_{arquivo}.sql").split("WHERE")[1]
    assert all(marca in onde for marca in marcas)


# What the DBA runs


def _contrato(nome: str) -> list[str]:
    texto = re.sub("--.*", "", (CONTRATO / nome).read_text(encoding="utf-8"))
    return re.findall(r"^(?:GRANT READ|CREATE INDEX) [^;]+", texto, re.MULTILINE)


@pytest.mark.parametrize("comando", [*_contrato("permissoes.sql"), *_contrato("indices.sql")])
def test_oracle_parses_what_the_dba_runs(comando: str) -> None:
    # The parser knows neither ONLINE nor an index that says its owner.
    simples = comando.removesuffix(" ONLINE").replace("INDEX TASY.", "INDEX ")
    assert isinstance(sqlglot.parse_one(simples, dialect="oracle"), exp.Grant | exp.Create)


def test_the_account_may_read_every_table_that_the_hub_reads_and_no_other() -> None:
    lidas = {t.name for a in ARQUIVOS for t in sqlglot.parse_one(codigo(a), dialect="oracle").find_all(exp.Table)}
    concedidas = {re.search(r"TASY\.(\w+)", c)[1].lower() for c in _contrato("permissoes.sql")}
    assert lidas == concedidas


def test_every_marker_has_an_index_on_both_sides() -> None:
    marcadas = {sqlglot.parse_one(codigo(PASTA / o.sql_vigia), dialect="oracle").find(exp.From).find(exp.Table).name for o in ORIGENS}
    assert {re.search(r"TASY\.(\w+) \(DT_ATUALIZACAO\)", c)[1].lower() for c in _contrato("indices.sql")} == marcadas
    gemeos = dict(re.findall(r"index (ix_fusion_\w+) on tasy\.(\w+) \(dt_atualizacao\)", (AQUI / "indices.sql").read_text()))
    assert set(gemeos.values()) == marcadas


def test_what_the_hub_reads_the_sandbox_has() -> None:
    tabelas = {
        t.find(exp.Table).name: {c.name for c in t.find_all(exp.ColumnDef)}
        for t in sqlglot.parse((AQUI / "esquema.sql").read_text(encoding="utf-8"), dialect="postgres")
        if isinstance(t, exp.Create) and t.kind == "TABLE"
    }
    assert all({"dt_atualizacao", "nm_usuario", "dt_atualizacao_nrec", "nm_usuario_nrec"} <= colunas for colunas in tabelas.values())
    assert len(tabelas) == len(_contrato("permissoes.sql"))
