"""Every system's SQL as text: one short statement a file, in the subset that all its engines read alike. Any new folder is checked, too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from include.fusion.reading.spec import SystemSpec
from include.fusion.reading.sql import sql_folder, statement
from include.fusion.settings.registry import systems
from include.fusion.wiring.systems import system_named
from tests.unit.sistemas.sql_files import Facts, code, facts, query

PASTAS = systems()
FILES = [a for name in PASTAS for a in sorted((sql_folder(name)).glob("*.sql"))]
_DE_NINGUEM = r"\|\||::|\"|\[|\b(TOP|LIMIT|ISNULL|NVL|ILIKE|LATERAL|NOW|GETDATE|CONVERT|TRUE|FALSE|WITH|DATE_TRUNC)\b"
por_arquivo = pytest.mark.parametrize("file", FILES, ids=lambda a: f"{a.parents[1].name}/{a.stem}")


def _facts(file: Path) -> Facts:
    return facts(file.parents[1].name)


def _binds(s: SystemSpec) -> Iterator[tuple[str, set[str]]]:
    """Every file that a system names, with the binds that the engine gives it."""
    leituras = [*s.others.values(), *([s.reading(s.entidade)] if s.map_record else [])]
    for detail in [d for reading in leituras for d in reading.details]:
        yield from ((file, {"chaves"}) for file, _ in detail.files)
    for o in s.origins:
        yield from ((o.sql, {"marcador", "chave", "limite"}), (o.sql_probe, {"marcador"}))
    for d in s.journals:
        yield from ((d.sql, {"limite"}), (d.sql_delete, {"ids"}), (d.sql_probe, set()))
        yield from ((d.sql_keep, {"lote", "ids"}), (d.sql_kept, {"lote", "id", "limite"}), (d.sql_forget, {"antes"}))
    for r in s.snapshots:
        yield from ((r.sql_blocks, {"tamanho"}), (r.sql, {"de", "ate"}))
        if r.sql_targets:
            yield r.sql_targets, {"pacientes"}
    yield from ((sweep.sql_ronda, {"desde"}) for sweep in s.sweeps)
    yield from ((s.sql_keys, {"atendimento", "paciente", "inicio", "fim", "chave", "limite"}), (s.sql_total, set()))
    if s.sql_cancelled:
        yield s.sql_cancelled, {"chaves"}
    if s.sql_changes:
        yield s.sql_changes, set()
    yield from facts(s.nome).own_binds.items()


@pytest.mark.parametrize("nome", PASTAS)
def test_every_file_is_used_and_takes_the_binds_that_the_engine_gives(nome: str) -> None:
    found = {a.name: set(statement(a)._bindparams) for a in FILES if a.parents[1].name == nome}
    assert found == dict(_binds(system_named(nome)))


@por_arquivo
def test_each_of_its_engines_parses_it(file: Path) -> None:
    for dialect in _facts(file).dialects:
        instructions = sqlglot.parse(code(file), dialect=dialect)
        assert len(instructions) == 1 and isinstance(instructions[0], exp.Query | exp.Delete | exp.Insert)


@por_arquivo
def test_only_the_portable_subset_is_used(file: Path) -> None:
    forbidden = _DE_NINGUEM + _facts(file).forbidden
    assert re.search(forbidden, code(file), re.IGNORECASE) is None


@por_arquivo
def test_every_table_says_its_schema(file: Path) -> None:
    read_row = sqlglot.parse_one(code(file), dialect=_facts(file).dialects[0])
    proprias = {cte.alias for cte in read_row.find_all(exp.CTE)}
    esquemas = {t.db for t in read_row.find_all(exp.Table) if t.name not in proprias}
    assert esquemas and esquemas <= _facts(file).schemas, "a table of another schema: the system's file in tests/systems names them"


@por_arquivo
def test_it_is_short_and_says_what_it_is_for(file: Path) -> None:
    rows = file.read_text(encoding="utf-8").splitlines()
    assert rows[0].startswith("-- " + _facts(file).product), "the first line is a comment: '-- System: what it is for'"
    assert len(rows) <= 40 and max(map(len, rows)) <= 150


@por_arquivo
def test_no_bind_hides_in_a_comment(file: Path) -> None:
    """The driver writes values into the text: one with a line break would leave the comment."""
    comentarios = re.findall("--.*", file.read_text(encoding="utf-8"))
    assert not [c for c in comentarios if re.search(r"(?<![:\w]):\w", c)]


@por_arquivo
def test_selected_columns_have_one_name_each(file: Path) -> None:
    """Oracle refuses a page (FETCH NEXT) of a query in which two columns are called alike."""
    names = getattr(sqlglot.parse_one(code(file), dialect=_facts(file).dialects[0]), "named_selects", [])
    assert len(names) == len(set(names))


@pytest.mark.parametrize("nome", PASTAS)
def test_an_origin_yields_what_the_load_reads_in_its_order(nome: str) -> None:
    for origin in [o for o in system_named(nome).origins if o.replica is None]:
        file = sql_folder(nome) / origin.sql
        page = query(file, _facts(file).dialects[0])
        assert page.named_selects[:4] == ["marcador", "chave", "chave_paciente", "operacao"], origin.nome
        order = [o.this for o in page.args["order"].expressions]
        assert [o.name for o in order] in (["1", "2"], ["marcador", "chave"]) or order == [s.this for s in page.selects[:2]], origin.nome
        watcher = query(sql_folder(nome) / origin.sql_probe, _facts(file).dialects[0])
        assert watcher.named_selects == ["quantidade", "marcador"], origin.nome
