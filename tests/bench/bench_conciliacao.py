"""Reconciliation of a whole history (consulfarma) with a hundred late commits: ``python -m tests.bench.bench_conciliacao [attendances]``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from tests import ROOT
from tests.bench.helpers import Measure, machine, measure, postgres_server
from tests.harness import Harness

LATE = 100
MB = 1e6


def _compare(harness: Harness) -> dict[str, Any]:
    urls = {name: url.replace("postgresql://", "postgresql+psycopg2://", 1) for name, url in harness.dsn.items()}
    request = {"fila": urls["fila"], "origem": urls["origem"], "url": harness.server.url, "token": harness.server.token}
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "plugins")))}
    command = [sys.executable, "-m", "tests.bench.conciliacao_filho", json.dumps(request)]
    output = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


def run(quantos: int = 1_000_000) -> list[Measure]:
    """All keys and all contents are compared; the history was delivered by the engine itself."""
    with postgres_server() as (postgres, folder):
        print(f"  generating and delivering {quantos} attendances", flush=True)
        harness = Harness(postgres, folder, "consulfarma", quantos)
        try:
            while harness.load():
                harness.deliver()
            late = "update dbo.atendimento set queixaprincipal = 'tarde' where excluido = 0 and situacao <> 'C' and atendimentoid <= %s"
            harness.origem(late, LATE)
            done = _compare(harness)
        finally:
            harness.close()
    how = (
        f"{quantos} attendances, {done['lidos']} contents read, {done['diferencas']} differences found; {done['comandos']} statements at the "
        f"source; no Airflow; {machine()}"
    )
    return [
        measure("reconciliation: keys and contents of everything", done["segundos"] / 60, "min", how, maximum=60),
        measure("reconciliation: rate", quantos / done["segundos"], "attendances/s", how),
        measure("reconciliation: memory gained", (done["pico"] - done["antes"]) / MB, "MB", how, maximum=200),
    ]


if __name__ == "__main__":
    for line in run(*map(int, sys.argv[1:2])):
        print(f"{line['name']}: {line['value']} {line['unit']} ({line['conditions']})")
