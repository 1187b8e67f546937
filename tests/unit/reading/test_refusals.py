"""What each database's refusal means: a right, a table, a column; in the words of its driver."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from include.fusion.reading.refusals import Refusal, refusal_of


def said(engine: str, text: str, code: Any = "", offset: int = 0) -> Refusal:
    """What a driver's error means."""
    original: Any = Exception(text)
    if engine == "postgresql":
        original.pgcode = code
    elif engine == "mssql":
        original.args = (code, text.encode())
    elif engine == "oracle":
        first = type("E", (SimpleNamespace,), {"__str__": lambda _: text})(code=code, offset=offset)
        original = Exception(first)
    return refusal_of(DBAPIError("", None, original), engine, "SELECT x FROM dbamv.alergia")


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("permission denied for table tb_alergia\n", "42501", Refusal("sem_permissao", "tb_alergia")),
        ("permissão negada para tabela tb_alergia\n", "42501", Refusal("sem_permissao", "tb_alergia")),
        ('relation "tb_alergia" does not exist\nLINE 1: SELECT', "42P01", Refusal("sem_tabela", "tb_alergia")),
        ("column a.co_unico does not exist\nLINE 1", "42703", Refusal("sem_coluna", "a.co_unico")),
        ("coluna a.co_unico não existe\n", "42703", Refusal("sem_coluna", "a.co_unico")),
        ("division by zero\n", "22012", Refusal("outra", "Exception 22012")),
    ],
)
def test_postgresql_names_what_is_missing(text: str, code: str, expected: Refusal) -> None:
    assert said("postgresql", text, code) == expected


def test_oracle_names_a_column_and_points_at_a_table() -> None:
    assert said("oracle", 'ORA-00904: "A"."SN_ATIVO": invalid identifier', 904) == Refusal("sem_coluna", "A.SN_ATIVO")
    assert said("oracle", "ORA-00942: table or view does not exist", 942, offset=14) == Refusal("escondido", "dbamv.alergia")
    assert said("oracle", "ORA-00942: table or view does not exist", 942).name == "um objeto"


def test_sql_server_and_iris_quote_the_object() -> None:
    denied = "The SELECT permission was denied on the object 'Alergia', database 'H', schema 'dbo'."
    assert said("mssql", denied, 229) == Refusal("sem_permissao", "Alergia")
    assert said("mssql", "Invalid object name 'dbo.Alergia'.", 208) == Refusal("sem_tabela", "dbo.Alergia")
    gone = "[SQLCODE: <-30>:<Table or view not found>] [%msg: < Table 'SQLUSER.PA_ALLERGY' not found>]"
    assert said("iris", gone) == Refusal("escondido", "SQLUSER.PA_ALLERGY")


def test_no_value_is_told() -> None:
    assert "Maria" not in str(said("postgresql", 'invalid input syntax for type integer: "Maria"', "22P02"))
