"""Tests and benchmarks. They have installations of their own: whatever the site's file holds, the same is tested."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = ROOT / "tests" / "fixtures" / "settings" / "integracoes.yaml"
"""One installation of every system, and the code tables of the tests beside it."""
# Set, not just a default: processes that a test starts read it, too.
os.environ["FUSION_SETTINGS"] = str(SETTINGS)
os.environ.pop("FUSION_DEPARA", None)
