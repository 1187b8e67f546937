"""DAG files as Airflow's DAG processor reads them."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

RAIZ = Path(__file__).resolve().parents[2]


def ler_dags(pasta: Path) -> Any:
    """A bag of this checkout's DAGs; ``pasta`` becomes AIRFLOW_HOME, so that nothing is written anywhere else."""
    os.environ.setdefault("AIRFLOW_HOME", str(pasta))
    bolsa = importlib.import_module("airflow.dag_processing.dagbag").BundleDagBag
    return bolsa(RAIZ / "dags", bundle_path=RAIZ, bundle_name="fusion")
