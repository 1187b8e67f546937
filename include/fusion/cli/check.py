"""Command ``check``: what of an installation will travel to Fusion, and what will not. It writes nothing to the source or to Fusion."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from include.fusion.checkup.page import as_html, as_lines
from include.fusion.checkup.report import NOT_CHECKED
from include.fusion.errors import InvalidConfiguration
from include.fusion.settings import Integracao, obtain
from include.fusion.wiring import plugin
from include.fusion.wiring.check import check_installation
from include.fusion.wiring.delivery import Runtime

STATEMENT_MAX = 60.0
"""Seconds for one statement."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m include.fusion check",
        description="Check an installation against its real databases before its first load. It runs where Airflow's connections are.",
        epilog="exit code: 0 all travels, 1 something will not, 2 something could not be checked.",
    )
    parser.add_argument("entry", help="id of the entry in integracoes.yaml")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report for programs")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the report as a page")
    parser.add_argument("--accept", action="store_true", help="what is no longer readable is gone for good: runs may go on without it")
    options = parser.parse_args(arguments)
    try:
        runtime, transport = _runtime(obtain(options.entry))
    except (InvalidConfiguration, ImportError) as error:
        print(error, file=sys.stderr)
        return NOT_CHECKED
    try:
        report = check_installation(runtime, transport, accept_losses=options.accept)
    finally:
        runtime.close()
    print("\n".join(as_lines(report)))
    for file, text in ((options.json, report.as_json), (options.html, lambda: as_html(report))):
        if file is not None:
            file.write_text(text(), encoding="utf-8")
    return report.exit_code


def _runtime(entry: Integracao) -> tuple[Runtime, Any]:
    """The entry on Airflow's connections, through the same hooks that runs use."""
    # A shell has no task supervisor to ask for connections: Airflow then reads its own database and environment.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    engine_for, fusion, hl7 = (plugin(f"hooks.{name}") for name in ("engines", "fusion", "hl7"))
    runtime = Runtime(
        entry,
        lambda conn_id: engine_for.engine_for(conn_id, application=f"{entry.id}.conferencia", time_limit=STATEMENT_MAX),
        lambda connections: fusion.FusionHook(entry.conexoes.fusion_api).client(connections),
    )
    return runtime, lambda: hl7.Hl7Hook(entry.conexoes.hl7, entry.integracao_id).transport(1)
