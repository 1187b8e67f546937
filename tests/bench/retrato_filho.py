"""The process that looks at the source in the benchmark of comparisons: ``python -m tests.bench.retrato_filho`` takes one JSON object.

Prints one JSON line per look: its seconds, rows that differed, records queued, and the process's peak of resident memory so far.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from include.fusion.settings import obtain
from include.fusion.wiring.names import Runtime


def main(request: dict[str, Any]) -> None:
    runtime = Runtime(obtain("sotech"), lambda conn_id: create_engine(request["fila" if conn_id == "fusion_db" else "origem"]))

    def say(**values: Any) -> None:
        # Not getrusage: its peak is also that of the process which started this one.
        (kb,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        print(json.dumps({**values, "pico": int(kb) * 1024}), flush=True)

    say(passo="inicio")
    for step in request["passos"]:
        start = time.perf_counter()
        if step == "vigia":
            runtime.watcher().has_work({})
            say(passo=step, segundos=time.perf_counter() - start)
            continue
        r = runtime.search().run()
        say(passo=step, segundos=time.perf_counter() - start, lidos=r.lidos, enfileirados=r.enfileirados)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
