"""Tasy's SQL as text: one statement for Oracle and PostgreSQL, inside the subset that both read alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from include.fusion.leitura import RAIZ_SQL, instrucao
from include.fusion.sistemas.tasy import INFORMACOES, SISTEMA
from sandbox.origens.tasy.esquema import AQUI

PASTA = RAIZ_SQL / "tasy"
CONTRATO = Path(__file__).resolve().parents[2] / "include" / "contracts" / "tasy"
ARQUIVOS = sorted(PASTA.glob("*.sql"))
ORIGENS = SISTEMA.origens
DETALHES = sorted({arquivo for d in (*SISTEMA.detalhes, *SISTEMA.leitura("paciente").detalhes) for arquivo, _ in d.variantes})
LONGA = ("evolucoes.sql", "ds_evolucao")
BINDS: dict[str, set[str]] = {d: {"chaves"} for d in DETALHES} | {
    "chaves.sql": {"atendimento", "paciente", "inicio", "fim", "chave", "limite"}, "total.sql": set(),
}  # fmt: skip
for _o in ORIGENS:
    BINDS |= {_o.sql: {"marcador", "chave", "limite"}, _o.sql_vigia: {"marcador"}}
_PROIBIDO = re.compile(
    r"\|\||::|''|\b(LIMIT|NVL|DECODE|ROWNUM|DUAL|ILIKE|NOW|SYSDATE|TRUNC|TO_DATE|TO_CHAR|CONVERT|TRUE|FALSE|WITH|EXCEPT|MINUS|AS (?=DATE))\b|\(\+\)|\"",
    re.IGNORECASE,
)
por_arquivo = pytest.mark.parametrize("arquivo", ARQUIVOS, ids=lambda a: a.stem)


def _codigo(arquivo: Path) -> str:
    """The statement with a literal for each bind."""
    sql = re.sub(r"IN :\w+", "IN (1, 2)", re.sub("--.*", "", arquivo.read_text(encoding="utf-8")))
    return re.sub(r":(\w+)", lambda m: "10" if m[1] == "limite" else "1", sql)


@pytest.mark.parametrize("dialeto", ["oracle", "postgres"])
@por_arquivo
def test_both_engines_parse_it(arquivo: Path, dialeto: str) -> None:
    instrucoes = sqlglot.parse(_codigo(arquivo), dialect=dialeto)
    assert len(instrucoes) == 1 and isinstance(instrucoes[0], exp.Query)


@por_arquivo
def test_only_the_portable_subset_is_used(arquivo: Path) -> None:
    assert _PROIBIDO.search(_codigo(arquivo)) is None
    assert not re.search(r"\b(FROM|JOIN) \S+ AS\b", _codigo(arquivo)), "Oracle takes no AS before a table's alias"


@por_arquivo
def test_every_table_says_its_owner(arquivo: Path) -> None:
    tabelas = list(sqlglot.parse_one(_codigo(arquivo), dialect="oracle").find_all(exp.Table))
    assert tabelas and {t.db for t in tabelas} == {"tasy"}


@por_arquivo
def test_it_is_short_and_says_what_it_is_for(arquivo: Path) -> None:
    linhas = arquivo.read_text(encoding="utf-8").splitlines()
    assert linhas[0].startswith("-- Tasy") and len(linhas) <= 40 and max(map(len, linhas)) <= 140


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


def test_the_long_column_is_selected_last_and_used_nowhere_else() -> None:
    arquivo, coluna = LONGA
    consulta = sqlglot.parse_one(_codigo(PASTA / arquivo), dialect="oracle")
    assert [c.name for c in consulta.find_all(exp.Column)].count(coluna) == 1
    assert consulta.selects[-1].name == coluna and isinstance(consulta.selects[-1], exp.Column)
    assert not consulta.find(exp.Distinct, exp.Union, exp.Group)
    assert {a.name for a in ARQUIVOS if coluna in _codigo(a)} == {arquivo}


@pytest.mark.parametrize("origem", ORIGENS, ids=lambda o: o.nome)
def test_an_origin_yields_what_the_load_reads_in_its_order(origem) -> None:
    consulta = sqlglot.parse_one(_codigo(PASTA / origem.sql), dialect="oracle")
    assert consulta.named_selects == ["marcador", "chave", "chave_paciente", "operacao"]
    ordem = [o.this.sql() for o in consulta.args["order"].expressions]
    assert ordem == ["1", "2"] or ordem == [s.this.sql() for s in consulta.selects[:2]]
    assert sqlglot.parse_one(_codigo(PASTA / origem.sql_vigia), dialect="oracle").named_selects == ["quantidade", "marcador"]


def test_every_file_is_used_and_every_name_exists() -> None:
    usados = {o.sql for o in ORIGENS} | {o.sql_vigia for o in ORIGENS} | set(DETALHES)
    assert {a.name for a in ARQUIVOS} == usados | {SISTEMA.sql_chaves, SISTEMA.sql_total}


@pytest.mark.parametrize("origem", [o for o in ORIGENS if o.processo == INFORMACOES], ids=lambda o: o.nome)
def test_a_change_below_a_cancelled_attendance_never_brings_it_back(origem) -> None:
    consulta = sqlglot.parse_one(_codigo(PASTA / origem.sql), dialect="oracle")
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
    onde = _codigo(PASTA / f"{arquivo}.sql").split("WHERE")[1]
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
    lidas = {t.name for a in ARQUIVOS for t in sqlglot.parse_one(_codigo(a), dialect="oracle").find_all(exp.Table)}
    concedidas = {re.search(r"TASY\.(\w+)", c)[1].lower() for c in _contrato("permissoes.sql")}
    assert lidas == concedidas


def test_every_marker_has_an_index_on_both_sides() -> None:
    marcadas = {sqlglot.parse_one(_codigo(PASTA / o.sql_vigia), dialect="oracle").find(exp.From).find(exp.Table).name for o in ORIGENS}
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
