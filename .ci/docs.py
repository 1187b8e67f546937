"""``make docs``: writes the pages that are made from the code; with ``--check`` (``make lint``) it only compares them.

No database and no running Airflow: DAG files are read as the DAG processor reads them, with a home folder that goes afterwards.
"""

from __future__ import annotations

import difflib
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHOWN_LINES = 20


def pages(home: Path) -> dict[str, str]:
    """Path → text of every generated page. ``home`` becomes AIRFLOW_HOME; the settings are the sandbox's, which have every system."""
    os.environ |= {"AIRFLOW_HOME": str(home), "FUSION_SETTINGS": str(ROOT / "examples" / "integracoes.yaml")}
    # Airflow says at level INFO that it reads DAGs.
    os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"
    sys.path[:0] = [str(ROOT), str(ROOT / "plugins")]
    # Imported here: Airflow reads its environment at import.
    import docs_dags
    import docs_settings

    return {"DAGS.md": docs_dags.page(), "docs/reference/settings.md": docs_settings.page()}


def difference(name: str, text: str) -> list[str]:
    """The lines that differ from the file; none: it is current."""
    file = ROOT / name
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    return [line.rstrip("\n") for line in difflib.unified_diff(old.splitlines(), text.splitlines(), name, f"{name} (of today's code)", n=0)]


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory() as home:
        stale = {name: (text, lines) for name, text in pages(Path(home)).items() if (lines := difference(name, text))}
    if "--check" not in arguments:
        for name, (text, _) in stale.items():
            (ROOT / name).write_text(text, encoding="utf-8")
            print(f"{name}: written")
        return 0
    for name, (_, lines) in stale.items():
        print(f"{name} is not what the code says today: run make docs")
        print("\n".join(lines[:SHOWN_LINES]))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
