"""Import time of the whole dags/ folder beyond importing airflow.sdk, in fresh processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from tests.bench.apoio import Medida, maquina, medida, pasta_temporaria

RAIZ = Path(__file__).resolve().parents[2]
_MEDIR = """
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


def run(rapido: bool = False) -> list[Medida]:
    """Median of five processes, after one that warms the disk and the bytecode."""
    vezes = 2 if rapido else 5
    arquivos = sorted(map(str, (RAIZ / "dags").rglob("*.py")))
    with pasta_temporaria() as casa:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "_AIRFLOW_"))} | {
            "AIRFLOW_HOME": str(casa),
            "AIRFLOW__CORE__DAGS_FOLDER": str(RAIZ / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(RAIZ / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "PYTHONPATH": os.pathsep.join((str(RAIZ), str(RAIZ / "plugins"))),
            "PYTHONWARNINGS": "ignore",
        }
        rodadas = []
        for _ in range(vezes + 1):
            saida = subprocess.run([sys.executable, "-c", _MEDIR, *arquivos], env=env, cwd=RAIZ, capture_output=True, text=True, check=True)
            rodadas.append(json.loads(saida.stdout.splitlines()[-1]))
    sdk, nossos = (median(r[i] for r in rodadas[1:]) for i in (0, 1))
    como = (
        f"{len(arquivos)} files with {rodadas[-1][2]} DAGs, median of {vezes} fresh processes after one warm-up, "
        f"slowest {max(r[1] for r in rodadas[1:]):.2f} s; importing airflow.sdk itself {sdk:.2f} s, not counted; {maquina()}"
    )
    return [medida("parsing: dags/ beyond importing airflow.sdk", nossos, "s", como, maximo=1.0)]
