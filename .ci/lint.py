"""``make lint``: every check runs, each with its result and time, so that one round shows all there is to mend."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

RAIZ = Path(__file__).resolve().parents[1]

# Modules, not console scripts: a script's first line breaks when the checkout is moved.
CHECKS: dict[str, tuple[str, ...]] = {
    "ruff check": ("-m", "ruff", "check", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "."),
    "mypy": (
        "-m",
        "mypy",
    ),
    "import contracts": ("-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"),
    "example settings": ("-m", "include.fusion", "settings", "validar", "examples/integracoes.yaml"),
    "De/Para": ("-m", "include.fusion", "depara", "validar"),
}


# The site's own file, where there is one already.
if Path(os.environ.get("FUSION_SETTINGS") or RAIZ / "include" / "settings" / "integracoes.yaml").exists():
    CHECKS["settings"] = ("-m", "include.fusion", "settings", "validar")


def main() -> int:
    falhas = []
    for nome, argumentos in CHECKS.items():
        inicio = time.monotonic()
        feito = subprocess.run([sys.executable, *argumentos], cwd=RAIZ, capture_output=True, text=True, env=_ambiente())
        print(f"{'ok    ' if feito.returncode == 0 else 'FAILED'} {nome} ({time.monotonic() - inicio:.1f} s)", flush=True)
        if feito.returncode:
            falhas.append(nome)
            print("    " + (feito.stdout + feito.stderr).strip().replace("\n", "\n    "), flush=True)
    return 1 if falhas else 0


def _ambiente() -> dict[str, str]:
    caminhos = (RAIZ, Path(RAIZ, "plugins"), Path(RAIZ, "dags"))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, caminhos))}


if __name__ == "__main__":
    sys.exit(main())
