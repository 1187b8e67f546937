"""Change by comparison (Sotech): the first look at 300,000 attendances, looks at the same again, and one after a few changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg2

from tests import ROOT
from tests.bench.helpers import Measure, machine, measure, postgres_server
from tests.harness import Harness

COUNT = 300_000
CHANGES = 200
MB = 1e6


def look(harness: Harness, folder: Path, *steps: str) -> list[dict[str, Any]]:
    """What a process of its own says about these looks; the first line is of its start."""
    urls = {name: url.replace("postgresql://", "postgresql+psycopg2://", 1) for name, url in harness.dsn.items()}
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "plugins"))), "AIRFLOW_HOME": str(folder)}
    request = json.dumps({"fila": urls["fila"], "origem": urls["origem"], "passos": steps})
    command = [sys.executable, "-m", "tests.bench.retrato_filho", request]
    output = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def _change(harness: Harness) -> None:
    con = psycopg2.connect(harness.dsn["origem"])
    for _ in range(CHANGES):
        harness.source_items.change(con, harness.rng)
        con.commit()
    con.close()


def run(quick: bool = False) -> list[Measure]:
    """Every table of the integration is compared, the details, too."""
    count = COUNT // 30 if quick else COUNT
    with postgres_server() as (postgres, folder):
        print(f"  generating {count} attendances", flush=True)
        start = time.monotonic()
        harness = Harness(postgres, folder, "sotech", count)
        try:
            gerado = time.monotonic() - start
            started, first = look(harness, folder, "primeira")
            _, same, watcher = look(harness, folder, "igual", "vigia")
            _change(harness)
            _, mudada = look(harness, folder, "mudada")
            rows = harness.fila("select sum(quantidade), count(*) from retrato")[0]
            size = harness.fila("select pg_total_relation_size('retrato')")[0][0]
        finally:
            harness.close()
    how = (
        f"{count} attendances and what belongs to them, {rows[0]} rows in 12 tables, {rows[1]} blocks stored in {size / MB:.0f} MB; "
        f"generated in {gerado:.0f} s; no Airflow; each look in a process of its own that needs {started['pico'] / MB:.0f} MB to start; {machine()}"
    )
    peak = max(x["pico"] for x in (first, same, mudada)) / MB
    return [
        measure("comparison: first look, all queued", first["segundos"], "s", f"{first['enfileirados']} queued; {how}", maximum=60),
        measure("comparison: look at the same again", same["segundos"], "s", how, maximum=5),
        measure("comparison: the watcher's question", watcher["segundos"], "s", f"without counters to rest on; {how}", maximum=5),
        measure(
            f"comparison: look after {CHANGES} changes", mudada["segundos"], "s", f"{mudada['lidos']} rows differed; {how}", maximum=10
        ),
        measure("comparison: peak memory of a look", peak, "MB", how, maximum=300),
    ]
