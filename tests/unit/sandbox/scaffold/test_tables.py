"""A file of a product's tables: what it may say, and what a wrong one is told."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from include.fusion.errors import InvalidConfiguration
from sandbox.scaffold.tables import EXAMPLE, read_product

TEXT = EXAMPLE.read_text(encoding="utf-8")


def read(tmp_path: Path, text: str, **options: Any) -> Any:
    file = tmp_path / "homecare.toml"
    file.write_text(text, encoding="utf-8")
    return read_product("home_care", file, **options)


def test_the_example_is_read_and_named_after_the_system() -> None:
    product = read_product("home_care")
    assert (product.title, product.schema, product.class_name) == ("Home Care", "home_care", "HomeCare")
    assert [section.name for section in product.sections] == ["atendimento", "paciente", "prescricoes"]
    assert list(product.catalogs) == ["tipo_atendimento", "sexo"]


def test_the_example_says_all_that_a_file_may_say() -> None:
    """Every key of it stands there, in use or as a comment."""
    for key in (
        "engine",
        "zone",
        "title",
        "schema",
        "table",
        "key",
        "key_type",
        "marker",
        "columns",
        "paciente",
        "atendimento",
        "cancelled",
    ):
        assert f"{key} = " in TEXT, key


def test_a_title_and_a_schema_of_its_own_count(tmp_path: Path) -> None:
    product = read(tmp_path, TEXT.replace("# title", "title").replace("# schema", "schema"))
    assert (product.title, product.schema) == ("Home Care", "dbo")
    assert read(tmp_path, TEXT, title="Vida & Casa (SP)").title == "Vida & Casa (SP)"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('engine = "oracle"', 'engine = "db2"', "engine: expected 'oracle', 'postgres' or 'mssql', found 'db2'"),
        ('zone = "America/Bahia"', 'zone = "Bahia"', "zone: expected an IANA time zone"),
        ('zone = "America/Bahia"', "", "zone: required, but missing"),
        ('engine = "oracle"', "engine = ", "Invalid value"),
        ("[prescricoes]", "[prescricao]", "prescricao: unknown table or key; did you mean 'prescricoes'?"),
        ("[paciente]", "[pacientes]", "pacientes: unknown table or key; did you mean 'paciente'?"),
        ('key = "id"', "", "paciente.key: required, but missing"),
        ('key = "id"', 'key = "id"\nkeytype = "text"', "paciente.keytype: unknown key; did you mean 'key_type'?"),
        ('table = "prescricao"', 'table = "esquema.prescricao"', "prescricoes.table: expected text matching"),
        ('nome = "medicamento"', 'nom = "medicamento"', "prescricoes.columns.nom: no field that one column fills; did you mean 'nome'?"),
        ('nome = "medicamento", ', "", "prescricoes.columns: nome: required, but missing"),
        ('sexo = "sexo"', 'endereco = "rua"', "paciente.columns.endereco: no field that one column fills"),
        ('"cancelado = 1"', '"cancelado"', """atendimento.cancelled: expected "column = 1\""""),
        ('atendimento = "atendimento_id"', "", "prescricoes: needs atendimento or paciente"),
        ('atendimento = "atendimento_id"', 'atendimento = "a"\npaciente = "p"', "prescricoes: needs atendimento or paciente"),
        ("# title", 'title = """Casa\'\n""" #', "title: expected up to 60 letters"),
    ],
)
def test_a_wrong_file_is_told_where_and_what_was_meant(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in TEXT
    with pytest.raises(InvalidConfiguration) as raised:
        read(tmp_path, TEXT.replace(old, new, 1))
    assert complaint in str(raised.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match=r"nada.toml: cannot be read: No such file"):
        read_product("homecare", tmp_path / "nada.toml")


@pytest.mark.parametrize(
    ("text", "when", "unless"),
    [
        ("cancelado = 1", "a.cancelado = 1", "(a.cancelado IS NULL OR a.cancelado <> 1)"),
        ("Situacao='C'", "a.Situacao = 'C'", "(a.Situacao IS NULL OR a.Situacao <> 'C')"),
        ("cancelado_em is not null", "a.cancelado_em IS NOT NULL", "a.cancelado_em IS NULL"),
    ],
)
def test_a_row_without_a_state_lives(tmp_path: Path, text: str, when: str, unless: str) -> None:
    cancelled = read(tmp_path, TEXT.replace("cancelado = 1", text)).cancelled
    assert (cancelled.when("a"), cancelled.unless("a")) == (when, unless)


def test_a_column_of_two_fields_is_one_column_of_the_table(tmp_path: Path) -> None:
    product = read(tmp_path, TEXT.replace('prescrito_em = "prescrita_em"', 'prescrito_em = "Alterada_Em", posologia = "dose"'))
    (section,) = product.clinical
    assert [c.name for c in section.own_columns] == ["medicamento", "dose", "quantidade", "suspensa"]
    assert len(section.columns) == len(tomllib.loads(TEXT)["prescricoes"]["columns"]) + 1
