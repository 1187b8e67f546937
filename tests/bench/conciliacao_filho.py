"""The process that compares in the benchmark of the reconciliation: ``python -m tests.bench.conciliacao_filho`` takes one JSON object.

Prints one JSON line: seconds, differences, records read, statements at the source, and resident memory before and at its peak.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event

from include.fusion.change.replay import ReplayRequest
from include.fusion.http.fusion import FusionApi, FusionClient
from include.fusion.settings import obtain
from include.fusion.wiring.names import Runtime, reconcile


def _memory(line: str) -> int:
    # Not getrusage: its peak is also that of the process which started this one.
    (kb,) = re.findall(rf"{line}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kb) * 1024


def main(request: dict[str, Any]) -> None:
    api = FusionApi(request["url"], {"Authorization": f"Bearer {request['token']}"})
    runtime = Runtime(
        obtain("consulfarma"),
        lambda conn_id: create_engine(request["fila" if conn_id == "fusion_db" else "origem"], hide_parameters=True),
        lambda connections: FusionClient(api, connections),
    )
    statements = 0

    def count(*_: Any) -> None:
        nonlocal statements
        statements += 1

    event.listen(runtime.origem, "before_cursor_execute", count)
    before, start = _memory("VmRSS"), time.perf_counter()
    (found,) = reconcile(runtime, ReplayRequest(), wait=lambda _: None)
    seconds = time.perf_counter() - start
    done = {"segundos": seconds, "diferencas": found.differences, "lidos": found.conteudos_lidos, "comandos": statements}
    print(json.dumps({**done, "antes": before, "pico": _memory("VmHWM")}), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
