"""DAG files as Airflow's DAG processor reads them."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

from tests import ROOT


def read_dags(folder: Path) -> Any:
    """A bag of this checkout's DAGs; ``folder`` becomes AIRFLOW_HOME, so that nothing is written anywhere else."""
    os.environ.setdefault("AIRFLOW_HOME", str(folder))
    dag_bag = importlib.import_module("airflow.dag_processing.dagbag").BundleDagBag
    return dag_bag(ROOT / "dags", bundle_path=ROOT, bundle_name="fusion")
