"""``make lint``: runs every check, even after one fails, and prints the result and time of each."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Modules, not console scripts: the first line of a script breaks when the checkout moves.
CHECKS: dict[str, tuple[str, ...]] = {
    "ruff check": ("-m", "ruff", "check", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "."),
    "mypy": ("-m", "mypy"),
    "import contracts": ("-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"),
    "example settings": ("-m", "include.fusion", "settings", "validar", "examples/integracoes.yaml"),
    "De/Para": ("-m", "include.fusion", "depara", "validar"),
    "generated pages": (".ci/docs.py", "--check"),
    "links of the pages": (".ci/links.py",),
}
# The site's own file, if there is one.
if Path(os.environ.get("FUSION_SETTINGS") or ROOT / "include" / "settings" / "integracoes.yaml").exists():
    CHECKS["settings"] = ("-m", "include.fusion", "settings", "validar")


def main() -> int:
    failed = False
    paths = map(str, (ROOT, ROOT / "plugins", ROOT / "dags"))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    for name, arguments in CHECKS.items():
        start = time.monotonic()
        done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, env=environment)
        print(f"{'ok    ' if done.returncode == 0 else 'FAILED'} {name} ({time.monotonic() - start:.1f} s)", flush=True)
        if done.returncode:
            failed = True
            print("    " + (done.stdout + done.stderr).strip().replace("\n", "\n    "), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
