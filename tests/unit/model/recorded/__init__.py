"""What is sent, pinned: recorded source rows of every system, and hashes of the content that is made of them."""

import sys

from tests import ROOT

# Airflow puts its plugins folder here by itself; the recorder has no Airflow.
sys.path.append(str(ROOT / "plugins"))
