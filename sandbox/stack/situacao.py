"""``make status``: what runs, how it feels, what waits in the queues and since when."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import psycopg2

from include.fusion.errors import InvalidConfiguration
from include.fusion.settings.file import read_file
from sandbox.report.query import ask
from sandbox.report.table import table
from sandbox.stack.ambiente import EXAMPLE, dsn, postgres_password
from sandbox.stack.estado import StackState
from sandbox.stack.filhos import live
from sandbox.stack.pilha import airflow_health, breathes

TABLES_SQL = """select table_name from information_schema.columns
where table_schema = current_schema() and column_name in ('reservado_por', 'situacao') group by table_name having count(*) = 2 order by 1"""
_AGES_SQL = """select integracao_id, processo, situacao, count(*),
    extract(epoch from statement_timestamp() - min(criado_em)), extract(epoch from statement_timestamp() - max(criado_em))
from "{table}" group by 1, 2, 3 order by 1, 2, 3"""
PLATFORM = "plataforma"
"""Database whose rows are a tenant's: its id is their process, and their number no installation's."""


def depths(url: str) -> list[tuple[Any, ...]]:
    """(table, integracao_id, processo, situacao, rows) of every queue table of the hub's database."""
    rows: list[tuple[Any, ...]] = []
    for (name,) in ask(url, TABLES_SQL):
        by_state = f'select integracao_id, processo, situacao, count(*) from "{name}" group by 1, 2, 3 order by 1, 2, 3'
        rows += [(name, *row) for row in ask(url, by_state)]
    return rows


def age(seconds: float) -> str:
    """How long ago, in the one unit that people would say: ``há 3 min``."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"há {seconds // size:.0f} {unit}"
    return f"há {max(0.0, seconds) // 1:.0f} s"


def installations(settings: str) -> dict[int, str]:
    """IntegracaoID in Fusion → name of the installation in a settings file; empty where it cannot be read any more."""
    try:
        return {number: entry.nome for entry in read_file(settings).entries for number in entry.numbers}
    except InvalidConfiguration:
        return {}


def queues(url: str, names: Mapping[int, str], otherwise: str) -> list[tuple[object, ...]]:
    """(installation, queue, processo, situacao, rows, age of the oldest, age of the newest) of one database."""
    return [
        (names.get(number, otherwise.format(number)), queue, process, state, count, age(float(oldest)), age(float(newest)))
        for (queue,) in ask(url, TABLES_SQL)
        for number, process, state, count, oldest, newest in ask(url, _AGES_SQL.format(table=queue))
    ]


def show(state: StackState) -> int:
    data = state.processos
    if not data or not state.in_use():
        print("nothing is running: make up")
        return 0
    print(f"{data['fase']}; UI {state.url_ui}; Fusion {state.url_fusion}; FHIR {state.url_fhir}; PostgreSQL port {state.ports['pg']}\n")
    servers = {"fusion": f"{state.url_fusion}/saude", "fhir": f"{state.url_fhir}/metadata"}
    health = {**airflow_health(state), **{name: "healthy" if breathes(url) else "no answer" for name, url in servers.items()}}
    print(table(("component", "health"), list(health.items())), "\n")
    now = time.time()
    started = [(name, "yes" if live(card) else "no", age(now - card["inicio"]), card["pid"]) for name, card in data["filhos"].items()]
    print(table(("process", "running", "started", "pid"), started), "\n")
    try:
        password = postgres_password(state)
        hub = queues(dsn(state, password, "fusion_integracao"), installations(data.get("settings", str(EXAMPLE))), "IntegracaoID {}")
        platform = queues(dsn(state, password, PLATFORM), {}, "FHIR")
    except (psycopg2.Error, OSError) as error:
        print(f"queues: PostgreSQL does not answer ({type(error).__name__})")
        return 1
    header = ("installation", "queue", "processo", "situacao", "rows", "oldest", "newest")
    print(table(header, hub + platform) if hub or platform else "queues: empty")
    return 0 if all(v == "healthy" for v in health.values()) else 1
