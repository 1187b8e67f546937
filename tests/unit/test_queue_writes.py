"""Only ``include/fusion/store/filas`` writes the queues' tables; migrations, which make them, are no part of what runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from include.fusion.fhir.platform.tables import FILA
from include.fusion.store.tables import FILAS

RAIZ = Path(__file__).resolve().parents[2]
DONA = RAIZ / "include/fusion/store/filas"
NOMES = "|".join([*FILAS, FILA.name])
EM_TEXTO = re.compile(rf"\b(insert\s+into|update|delete\s+from|merge\s+into|truncate(\s+table)?|copy)\s+\"?({NOMES})\b", re.IGNORECASE)
CONSTRUCTS = {"insert", "update", "delete", "gravar_linha"}
"""What writes a table that is at hand as an object."""
TABELAS = {"FILAS", "FILA"}


def modulos() -> Iterator[Path]:
    for pasta in ("include", "plugins", "dags"):
        for arquivo in (RAIZ / pasta).rglob("*"):
            if arquivo.suffix in (".py", ".sql") and DONA not in arquivo.parents and "migrations" not in arquivo.parts:
                yield arquivo


def escritas(texto: str, python: bool = True) -> list[str]:
    """Statements in the text of a file that write a queue: as SQL, or as a construct over a table object of a queue."""
    achadas = [m.group(0) for m in EM_TEXTO.finditer(texto)]
    if not python:
        return achadas
    for no in ast.walk(ast.parse(texto)):
        if isinstance(no, ast.Call):
            nome = no.func.id if isinstance(no.func, ast.Name) else no.func.attr if isinstance(no.func, ast.Attribute) else ""
            dentro = {n.id for n in ast.walk(no) if isinstance(n, ast.Name)} | {
                n.attr for n in ast.walk(no) if isinstance(n, ast.Attribute)
            }
            if nome in CONSTRUCTS and dentro & (TABELAS | {"escopo", "_tabela"}):
                achadas.append(ast.unparse(no))
    return achadas


def test_no_other_file_writes_a_queue() -> None:
    assert {str(m.relative_to(RAIZ)): e for m in modulos() if (e := escritas(m.read_text(encoding="utf-8"), m.suffix == ".py"))} == {}


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
    assert escritas(texto) if texto.isprintable() else EM_TEXTO.search(texto)
