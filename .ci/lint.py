"""``make lint``: every check runs, each with its result and time, so that one round shows all there is to mend."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Modules, not console scripts: a script's first line breaks when the checkout is moved.
CHECKS: dict[str, tuple[str, ...]] = {
    "ruff check": ("-m", "ruff", "check", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "."),
    "mypy": ("-m", "mypy"),
    "import contracts": ("-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"),
    "example settings": ("-m", "include.fusion", "settings", "validar", "examples/integracoes.yaml"),
    "De/Para": ("-m", "include.fusion", "depara", "validar"),
}


# The site's own file, where there is one already.
if Path(os.environ.get("FUSION_SETTINGS") or ROOT / "include" / "settings" / "integracoes.yaml").exists():
    CHECKS["settings"] = ("-m", "include.fusion", "settings", "validar")


def main() -> int:
    failures = []
    for name, arguments in CHECKS.items():
        start = time.monotonic()
        done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, env=_environment())
        print(f"{'ok    ' if done.returncode == 0 else 'FAILED'} {name} ({time.monotonic() - start:.1f} s)", flush=True)
        if done.returncode:
            failures.append(name)
            print("    " + (done.stdout + done.stderr).strip().replace("\n", "\n    "), flush=True)
    return 1 if failures else 0


def _environment() -> dict[str, str]:
    paths = (ROOT, Path(ROOT, "plugins"), Path(ROOT, "dags"))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}


if __name__ == "__main__":
    sys.exit(main())
