"""The demo's table of a running stack: ``python -m sandbox.stack.report``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sandbox.report.report import montar
from sandbox.sources import sources
from sandbox.stack.ambiente import dsn, senha_postgres
from sandbox.stack.estado import RAIZ, Estado


def urls_de(estado: Estado) -> dict[str, str]:
    senha = senha_postgres(estado)
    bancos = ("fusion_integracao", "fusion", "simulador", *(s.database for s in sources().values()))
    ehr = estado.url_fhir.replace("://", f"://:{estado.segredos['segredo_fhir']}@", 1)
    return {banco: dsn(estado, senha, banco) for banco in bancos} | {"ehr": ehr}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.stack.report", description=__doc__)
    parser.add_argument("--pasta", type=Path, default=RAIZ / ".sandbox", help="state folder of the stack (default .sandbox)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    args = parser.parse_args()
    relatorio = montar(urls_de(Estado(args.pasta)))
    print(relatorio.json() if args.json else relatorio.texto())
    return 0 if relatorio.ok else 1


if __name__ == "__main__":
    sys.exit(main())
