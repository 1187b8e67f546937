"""Every system's SQL as text: one short statement a file, in the subset that all its engines read alike. Any new folder is checked, too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from include.fusion.reading.spec import Sistema
from include.fusion.reading.sql import instrucao, sql_folder
from include.fusion.settings.registry import systems
from include.fusion.wiring.systems import system_named
from tests.unit.sql_apoio import Facts, codigo, facts

PASTAS = systems()
ARQUIVOS = [a for nome in PASTAS for a in sorted((sql_folder(nome)).glob("*.sql"))]
_DE_NINGUEM = r"\|\||::|\"|\[|\b(TOP|LIMIT|ISNULL|NVL|ILIKE|LATERAL|NOW|GETDATE|CONVERT|TRUE|FALSE|WITH|DATE_TRUNC)\b"
por_arquivo = pytest.mark.parametrize("arquivo", ARQUIVOS, ids=lambda a: f"{a.parents[1].name}/{a.stem}")


def _fatos(arquivo: Path) -> Facts:
    return facts(arquivo.parents[1].name)


def _binds(s: Sistema) -> Iterator[tuple[str, set[str]]]:
    """Every file that a system names, with the binds that the engine gives it."""
    leituras = [*s.outras.values(), *([s.leitura(s.entidade)] if s.mapear else [])]
    for detalhe in [d for leitura in leituras for d in leitura.detalhes]:
        yield from ((arquivo, {"chaves"}) for arquivo, _ in detalhe.files)
    for o in s.origens:
        yield from ((o.sql, {"marcador", "chave", "limite"}), (o.sql_vigia, {"marcador"}))
    for d in s.diarios:
        yield from ((d.sql, {"limite"}), (d.sql_apagar, {"ids"}), (d.sql_vigia, set()))
    for r in s.retratos:
        yield from ((r.sql_blocos, {"tamanho"}), (r.sql, {"de", "ate"}))
        if r.sql_alvos:
            yield r.sql_alvos, {"pacientes"}
    yield from ((ronda.sql_ronda, {"desde"}) for ronda in s.rondas)
    yield from ((s.sql_chaves, {"atendimento", "paciente", "inicio", "fim", "chave", "limite"}), (s.sql_total, set()))
    if s.sql_cancelados:
        yield s.sql_cancelados, {"chaves"}
    if s.sql_mudancas:
        yield s.sql_mudancas, set()
    yield from facts(s.nome).own_binds.items()


@pytest.mark.parametrize("nome", PASTAS)
def test_every_file_is_used_and_takes_the_binds_that_the_engine_gives(nome: str) -> None:
    achados = {a.name: set(instrucao(a)._bindparams) for a in ARQUIVOS if a.parents[1].name == nome}
    assert achados == dict(_binds(system_named(nome)))


@por_arquivo
def test_each_of_its_engines_parses_it(arquivo: Path) -> None:
    for dialeto in _fatos(arquivo).dialects:
        instrucoes = sqlglot.parse(codigo(arquivo), dialect=dialeto)
        assert len(instrucoes) == 1 and isinstance(instrucoes[0], exp.Query | exp.Delete | exp.Insert)


@por_arquivo
def test_only_the_portable_subset_is_used(arquivo: Path) -> None:
    proibido = _DE_NINGUEM + _fatos(arquivo).forbidden
    assert re.search(proibido, codigo(arquivo), re.IGNORECASE) is None


@por_arquivo
def test_every_table_says_its_schema(arquivo: Path) -> None:
    lida = sqlglot.parse_one(codigo(arquivo), dialect=_fatos(arquivo).dialects[0])
    proprias = {cte.alias for cte in lida.find_all(exp.CTE)}
    esquemas = {t.db for t in lida.find_all(exp.Table) if t.name not in proprias}
    assert esquemas and esquemas <= _fatos(arquivo).schemas, "a table of another schema: the system's file in tests/systems names them"


@por_arquivo
def test_it_is_short_and_says_what_it_is_for(arquivo: Path) -> None:
    linhas = arquivo.read_text(encoding="utf-8").splitlines()
    assert linhas[0].startswith("-- " + _fatos(arquivo).product), "the first line is a comment: '-- System: what it is for'"
    assert len(linhas) <= 40 and max(map(len, linhas)) <= 150


@por_arquivo
def test_no_bind_hides_in_a_comment(arquivo: Path) -> None:
    """The driver writes values into the text: one with a line break would leave the comment."""
    comentarios = re.findall("--.*", arquivo.read_text(encoding="utf-8"))
    assert not [c for c in comentarios if re.search(r"(?<![:\w]):\w", c)]


@por_arquivo
def test_selected_columns_have_one_name_each(arquivo: Path) -> None:
    """Oracle refuses a page (FETCH NEXT) of a query in which two columns are called alike."""
    nomes = getattr(sqlglot.parse_one(codigo(arquivo), dialect=_fatos(arquivo).dialects[0]), "named_selects", [])
    assert len(nomes) == len(set(nomes))


@pytest.mark.parametrize("nome", PASTAS)
def test_an_origin_yields_what_the_load_reads_in_its_order(nome: str) -> None:
    for origem in [o for o in system_named(nome).origens if o.replica is None]:
        arquivo = sql_folder(nome) / origem.sql
        consulta = sqlglot.parse_one(codigo(arquivo), dialect=_fatos(arquivo).dialects[0])
        assert consulta.named_selects[:4] == ["marcador", "chave", "chave_paciente", "operacao"], origem.nome
        ordem = [o.this for o in consulta.args["order"].expressions]
        assert [o.name for o in ordem] in (["1", "2"], ["marcador", "chave"]) or ordem == [s.this for s in consulta.selects[:2]], (
            origem.nome
        )
        vigia = sqlglot.parse_one(codigo(sql_folder(nome) / origem.sql_vigia), dialect=_fatos(arquivo).dialects[0])
        assert vigia.named_selects == ["quantidade", "marcador"], origem.nome
