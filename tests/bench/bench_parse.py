"""Import time of the whole dags/ folder beyond importing airflow.sdk, in fresh processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from statistics import median

from tests import ROOT
from tests.bench.helpers import Measure, machine, measure, temporary_folder

_TAKE_MEASURE = """
import gc, importlib.util, json, sys, time
inicio = time.perf_counter()
import airflow.sdk
from airflow.sdk import DAG
sdk = time.perf_counter()
modulos = []
for arquivo in sys.argv[1:]:
    spec = importlib.util.spec_from_file_location("dag_" + str(hash(arquivo)), arquivo)
    modulo = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(modulo)
    modulos.append(modulo)
fim = time.perf_counter()
dags = len({x.dag_id for x in gc.get_objects() if isinstance(x, DAG)})
assert dags, 'no DAG was built'
print(json.dumps([sdk - inicio, fim - sdk, dags]))
"""


def run(quick: bool = False) -> list[Measure]:
    """Median of five processes, after one that warms the disk and the bytecode."""
    times_seen = 2 if quick else 5
    files = sorted(map(str, (ROOT / "dags").rglob("*.py")))
    with temporary_folder() as home:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "_AIRFLOW_"))} | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "plugins"))),
            "PYTHONWARNINGS": "ignore",
        }
        rounds = []
        for _ in range(times_seen + 1):
            output = subprocess.run(
                [sys.executable, "-c", _TAKE_MEASURE, *files], env=env, cwd=ROOT, capture_output=True, text=True, check=True
            )
            rounds.append(json.loads(output.stdout.splitlines()[-1]))
    sdk, ours = (median(r[i] for r in rounds[1:]) for i in (0, 1))
    how = (
        f"{len(files)} files with {rounds[-1][2]} DAGs, median of {times_seen} fresh processes after one warm-up, "
        f"slowest {max(r[1] for r in rounds[1:]):.2f} s; importing airflow.sdk itself {sdk:.2f} s, not counted; {machine()}"
    )
    return [measure("parsing: dags/ beyond importing airflow.sdk", ours, "s", how, maximum=1.0)]
