"""What is sent, pinned: recorded source rows of every system, and hashes of the content that is made of them."""

import sys
from pathlib import Path

# Airflow puts its plugins folder here by itself; the recorder has no Airflow.
sys.path.append(str(Path(__file__).resolve().parents[3] / "plugins"))
