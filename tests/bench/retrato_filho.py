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

from include.fusion.settings import obter
from include.fusion.wiring import Montagem


def main(pedido: dict[str, Any]) -> None:
    montagem = Montagem(obter("sotech"), lambda conn_id: create_engine(pedido["fila" if conn_id == "fusion_db" else "origem"]))

    def dizer(**valores: Any) -> None:
        # Not getrusage: its peak is also that of the process which started this one.
        (kb,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        print(json.dumps({**valores, "pico": int(kb) * 1024}), flush=True)

    dizer(passo="inicio")
    for passo in pedido["passos"]:
        inicio = time.perf_counter()
        if passo == "vigia":
            montagem.vigia().ha_trabalho({})
            dizer(passo=passo, segundos=time.perf_counter() - inicio)
            continue
        r = montagem.busca().executar()
        dizer(passo=passo, segundos=time.perf_counter() - inicio, lidos=r.lidos, enfileirados=r.enfileirados)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
