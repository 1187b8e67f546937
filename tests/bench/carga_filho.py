"""The task process of the initial load's benchmark: the parts that the Airflow operators run, in a process of their own.

``python -m tests.bench.carga_filho`` takes one JSON object on its command line and writes one JSON line per sample to standard output:
seconds since the start, resident memory, keys queued, records delivered.
"""

from __future__ import annotations

import importlib
import json
import sys
import threading
import time
from contextlib import suppress
from typing import Any

import psutil
from sqlalchemy import create_engine

from include.fusion.change.initial_load import Checkpoint, InitialLoad
from include.fusion.http.fusion import FusionApi, FusionClient
from include.fusion.settings import obtain
from include.fusion.wiring.names import CARGA_INICIAL, Runtime


class Samples(threading.Thread):
    """Four lines a second about this process."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.step, self.enfileirados, self.delivered = "inicio", 0, 0
        self._start = time.monotonic()

    def run(self) -> None:
        while True:
            self.sample()
            time.sleep(0.25)

    def sample(self) -> None:
        rss = psutil.Process().memory_info().rss
        row = {"passo": self.step, "t": round(time.monotonic() - self._start, 2), "rss": rss}
        print(json.dumps(row | {"enfileirados": self.enfileirados, "entregues": self.delivered}), flush=True)


class Enough(Exception):
    """As many records as asked for are delivered; the loop gives the rest back, as when a person stops the task."""


def main(request: dict[str, Any]) -> None:
    # Not used, but in the memory of every real task.
    for name in ("airflow.sdk.execution_time.task_runner", "fusion_airflow.operators", "fusion_airflow.hooks.fusion"):
        importlib.import_module(name)

    def engine(conn_id: str) -> Any:
        return create_engine(request["fila" if conn_id == "fusion_db" else "origem"], hide_parameters=True)

    m = Runtime(obtain("esus_ab"), engine)
    samples = Samples()
    samples.start()
    initial: Any = m.integracao
    settings = initial.carga_inicial
    carga = InitialLoad(
        m.queries, m.fusion, m.fila(CARGA_INICIAL), m.watermarks(CARGA_INICIAL), page=settings.pagina, priority=settings.prioridade
    )
    samples.step = "carga"

    def advanced(checkpoint: Checkpoint) -> None:
        samples.enfileirados = checkpoint.feitos

    m.carga().mark_start()
    carga.run(on_progress=advanced, wait=lambda: None)
    samples.step = "entrega"
    # As the operator does on a later try of one run.
    m.fila(CARGA_INICIAL).reclaim(request["dono"].rsplit("#", 1)[0])
    client = FusionClient(FusionApi(request["url"], {"Authorization": f"Bearer {request['token']}"}), settings.concorrencia)

    def progress(result: Any) -> None:
        samples.delivered = result.processed
        if request["limite"] and samples.delivered >= request["limite"]:
            samples.step = "fim"
            samples.sample()
            raise Enough

    values = settings.model_copy(update={"permanencia": settings.permanencia * 0})
    delivery = m.delivery(values, client, request["dono"], [m.via(CARGA_INICIAL)], progress=progress)
    with suppress(Enough):
        delivery.run()
    samples.step, samples.delivered = "fim", delivery.result.processed
    samples.sample()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
