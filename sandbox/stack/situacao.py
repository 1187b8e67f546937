"""``make status``: what runs, how it feels, what waits in the queues."""

from __future__ import annotations

from typing import Any

import psycopg2

from sandbox.report.query import ask
from sandbox.report.table import table
from sandbox.stack.ambiente import dsn, postgres_password
from sandbox.stack.estado import StackState
from sandbox.stack.filhos import live
from sandbox.stack.pilha import airflow_health, breathes

TABLES_SQL = """select table_name from information_schema.columns
where table_schema = current_schema() and column_name in ('reservado_por', 'situacao') group by table_name having count(*) = 2 order by 1"""


def depths(url: str) -> list[tuple[Any, ...]]:
    """(table, integracao_id, processo, situacao, rows) of every queue table of the hub's database."""
    rows: list[tuple[Any, ...]] = []
    for (name,) in ask(url, TABLES_SQL):
        by_state = f'select integracao_id, processo, situacao, count(*) from "{name}" group by 1, 2, 3 order by 1, 2, 3'
        rows += [(name, *row) for row in ask(url, by_state)]
    return rows


def show(state: StackState) -> int:
    data = state.processos
    if not data or not state.in_use():
        print("nothing is running: make up")
        return 0
    print(f"{data['fase']}; UI {state.url_ui}; Fusion {state.url_fusion}; FHIR {state.url_fhir}; PostgreSQL port {state.ports['pg']}\n")
    servers = {"fusion": f"{state.url_fusion}/saude", "fhir": f"{state.url_fhir}/metadata"}
    health = {**airflow_health(state), **{name: "healthy" if breathes(url) else "no answer" for name, url in servers.items()}}
    print(table(("component", "health"), list(health.items())), "\n")
    print(table(("process", "pid", "running"), [(n, f["pid"], "yes" if live(f) else "no") for n, f in data["filhos"].items()]), "\n")
    try:
        password = postgres_password(state)
        filas = [row for database in ("fusion_integracao", "plataforma") for row in depths(dsn(state, password, database))]
    except psycopg2.Error as error:
        print(f"queues: PostgreSQL does not answer ({type(error).__name__})")
        return 1
    print(table(("queue", "integracao", "processo", "situacao", "rows"), filas) if filas else "queues: empty")
    return 0 if all(v == "healthy" for v in health.values()) else 1
