"""Installations of a new system: entries of the sandbox and of the tests, and the connection's example."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from sandbox.scaffold.tables import Product

EXAMPLES, TESTS, CONNECTIONS = "examples/integracoes.yaml", "tests/fixtures/settings/integracoes.yaml", "docker/conexoes.env.example"
_ENTRY = """
  - id: {name}
    sistema: {name}
    nome: {title}
    habilitada: true
    IntegracaoID: {number}
    fuso_horario: {zone}
    documento_invalido: recusar
    conexoes:
      origem: {name}
      fusion_db: fusion_db
      fusion_api: fusion_api
    carga: {{habilitado: true}}
    importacao: {{habilitado: true}}
"""
_SHORT = """\
  - {{id: {name}, sistema: {name}, nome: {title}, IntegracaoID: {number}, fuso_horario: {zone}, conexoes: {{origem: {name}}}, carga: {{}}, importacao: {{}}}}
"""
_CONNECTION = {
    "oracle": {"conn_type": "oracle", "host": "", "port": 1521, "login": "", "password": "", "extra": {"service_name": ""}},
    "postgres": {"conn_type": "postgres", "host": "", "port": 5432, "schema": "", "login": "", "password": ""},
    "mssql": {"conn_type": "mssql", "host": "", "port": 1433, "schema": "", "login": "", "password": ""},
}


def entries(product: Product, root: Path) -> dict[str, str]:
    """File → its text with this system's installation at its end; whatever else is in it stays as it is."""
    number = 1 + max(n for file in (EXAMPLES, TESTS) for n in _numbers(root / file))
    values = {"name": product.name, "title": json.dumps(product.title, ensure_ascii=False), "number": number, "zone": product.zone}
    connection = f"AIRFLOW_CONN_{product.name.upper()}={json.dumps(_CONNECTION[product.engine])}\n"
    added = {EXAMPLES: _ENTRY.format(**values), TESTS: _SHORT.format(**values), CONNECTIONS: connection}
    return {file: _with_end_of_line((root / file).read_text(encoding="utf-8")) + text for file, text in added.items()}


def _with_end_of_line(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def _numbers(file: Path) -> list[int]:
    """Every IntegracaoID in a settings file."""
    found: list[int] = []
    waiting = [yaml.safe_load(file.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            found += [node["IntegracaoID"]] if isinstance(node.get("IntegracaoID"), int) else []
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return found
