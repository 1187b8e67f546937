"""Benchmarks: ``python -m tests.bench`` measures them all, ``--list`` names them."""

import sys
from pathlib import Path

# Airflow puts its plugins folder here by itself; a benchmark has no Airflow.
sys.path.append(str(Path(__file__).resolve().parents[2] / "plugins"))
