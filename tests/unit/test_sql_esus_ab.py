"""The PEC's SQL as text: every file parses in its dialect and keeps the house rules."""

from __future__ import annotations

import re

import pytest
import sqlglot

from include.fusion.leitura import RAIZ_SQL, instrucao
from include.fusion.sistemas.esus_ab import SISTEMA

ARQUIVOS = sorted((RAIZ_SQL / "esus_ab").glob("*.sql"))
DETALHES = sorted({arquivo for d in SISTEMA.detalhes for arquivo, _ in d.variantes})


@pytest.mark.parametrize("arquivo", ARQUIVOS, ids=lambda a: a.stem)
def test_each_file_is_one_postgres_statement(arquivo):
    instrucoes = sqlglot.parse(arquivo.read_text(encoding="utf-8"), dialect="postgres")
    assert len(instrucoes) == 1 and instrucoes[0] is not None


@pytest.mark.parametrize("arquivo", ARQUIVOS, ids=lambda a: a.stem)
def test_each_file_is_short_and_says_what_it_is_for(arquivo):
    linhas = arquivo.read_text(encoding="utf-8").splitlines()
    assert linhas[0].startswith("-- e-SUS PEC: ") and len(linhas) <= 40 and max(map(len, linhas)) <= 150


@pytest.mark.parametrize("arquivo", ARQUIVOS, ids=lambda a: a.stem)
def test_no_bind_hides_in_a_comment(arquivo):
    """The driver writes values into the text: one with a line break would leave the comment."""
    comentarios = re.findall("--.*", arquivo.read_text(encoding="utf-8"))
    assert not [c for c in comentarios if re.search(r"(?<![:\w]):\w", c)]


@pytest.mark.parametrize("arquivo", ARQUIVOS, ids=lambda a: a.stem)
def test_only_the_portable_subset_is_used(arquivo):
    corpo = re.sub("--.*", "", arquivo.read_text(encoding="utf-8"))
    assert not re.search(r"::|\|\||\bLIMIT\b|\bILIKE\b|\bLATERAL\b|\bNOW\(", corpo, re.IGNORECASE)


@pytest.mark.parametrize("arquivo", DETALHES)
def test_details_read_whole_batches(arquivo):
    assert set(instrucao(RAIZ_SQL / "esus_ab" / arquivo)._bindparams) == {"chaves"}


@pytest.mark.parametrize("arquivo", [d for d in DETALHES if not d.startswith(("atendimento", "responsavel"))])
def test_cancelled_work_is_left_out_without_losing_the_nulls(arquivo):
    assert "f.st_cancelado IS DISTINCT FROM 1" in (RAIZ_SQL / "esus_ab" / arquivo).read_text(encoding="utf-8")


def test_every_file_is_used_and_every_name_exists():
    usados = {o.sql for o in SISTEMA.origens} | {o.sql_vigia for o in SISTEMA.origens} | set(DETALHES)
    assert {a.name for a in ARQUIVOS} == usados | {SISTEMA.sql_chaves, SISTEMA.sql_total}


def test_no_join_uses_a_key_that_lotacao_does_not_have():
    assert not [a.name for a in ARQUIVOS if "co_seq_lotacao" in a.read_text(encoding="utf-8")]
