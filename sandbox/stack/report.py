"""The demo's table of a running stack: ``python -m sandbox.stack.report``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sandbox.report.report import build
from sandbox.sources import sources
from sandbox.stack.ambiente import dsn, postgres_password
from sandbox.stack.estado import ROOT, StackState


def urls_of(state: StackState) -> dict[str, str]:
    password = postgres_password(state)
    databases = ("fusion_integracao", "fusion", "simulador", *(s.database for s in sources().values()))
    ehr = state.url_fhir.replace("://", f"://:{state.secrets['segredo_fhir']}@", 1)
    return {database: dsn(state, password, database) for database in databases} | {"ehr": ehr}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.stack.report", description=__doc__)
    parser.add_argument("--pasta", type=Path, default=ROOT / ".sandbox", help="state folder of the stack (default .sandbox)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    args = parser.parse_args()
    state = StackState(args.pasta)
    if not state.processos:
        parser.error("nothing is running: make up")
    report = build(urls_of(state))
    print(report.json() if args.json else report.texto())
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
