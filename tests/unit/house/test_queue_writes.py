"""Only ``include/fusion/store/filas`` writes the queues' tables; migrations, which make them, are no part of what runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from include.fusion.fhir.platform.tables import FILA
from include.fusion.store.tables import FILAS
from tests import ROOT

DONA = ROOT / "include/fusion/store/filas"
NAMES = "|".join([*FILAS, FILA.name])
EM_TEXTO = re.compile(rf"\b(insert\s+into|update|delete\s+from|merge\s+into|truncate(\s+table)?|copy)\s+\"?({NAMES})\b", re.IGNORECASE)
CONSTRUCTS = {"insert", "update", "delete", "gravar_linha"}
"""What writes a table that is at hand as an object."""
TABLES = {"FILAS", "FILA"}


def modulos() -> Iterator[Path]:
    for folder in ("include", "plugins", "dags"):
        for file in (ROOT / folder).rglob("*"):
            if file.suffix in (".py", ".sql") and DONA not in file.parents and "migrations" not in file.parts:
                yield file


def writes(text: str, python: bool = True) -> list[str]:
    """Statements in the text of a file that write a queue: as SQL, or as a construct over a table object of a queue."""
    found = [m.group(0) for m in EM_TEXTO.finditer(text)]
    if not python:
        return found
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
            dentro = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | {
                n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)
            }
            if name in CONSTRUCTS and dentro & (TABLES | {"escopo", "_tabela"}):
                found.append(ast.unparse(node))
    return found


def test_no_other_file_writes_a_queue() -> None:
    assert {str(m.relative_to(ROOT)): e for m in modulos() if (e := writes(m.read_text(encoding="utf-8"), m.suffix == ".py"))} == {}


@pytest.mark.parametrize(
    "texto",
    [
        'X = """insert into SincronizacaoFhir AS f (x) values (1)"""',
        'text("UPDATE\\n importacaoatendimento SET x = 1")'.replace("\\n", "\n"),
        'con.execute(update(FILAS["PacienteArquivo"]).where(x))',
        "con.execute(FILA.delete())",
        "con.execute(delete(fila.escopo.tabela))",
    ],
)
def test_each_way_to_write_one_is_seen(texto: str) -> None:
    assert writes(texto) if texto.isprintable() else EM_TEXTO.search(texto)
