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

from include.fusion.change.initial_load import CargaInicial, Ponto
from include.fusion.http.fusion import ApiFusion, ClienteFusion
from include.fusion.settings import obter
from include.fusion.wiring import CARGA_INICIAL, Montagem


class Amostras(threading.Thread):
    """Four lines a second about this process."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.passo, self.enfileirados, self.entregues = "inicio", 0, 0
        self._inicio = time.monotonic()

    def run(self) -> None:
        while True:
            self.amostrar()
            time.sleep(0.25)

    def amostrar(self) -> None:
        rss = psutil.Process().memory_info().rss
        linha = {"passo": self.passo, "t": round(time.monotonic() - self._inicio, 2), "rss": rss}
        print(json.dumps(linha | {"enfileirados": self.enfileirados, "entregues": self.entregues}), flush=True)


class Basta(Exception):
    """As many records as asked for are delivered; the loop gives the rest back, as when a person stops the task."""


def main(pedido: dict[str, Any]) -> None:
    # Not used, but in the memory of every real task.
    for nome in ("airflow.sdk.execution_time.task_runner", "fusion_airflow.operators", "fusion_airflow.hooks.fusion"):
        importlib.import_module(nome)

    def motor(conn_id: str) -> Any:
        return create_engine(pedido["fila" if conn_id == "fusion_db" else "origem"], hide_parameters=True)

    m = Montagem(obter("esus_ab"), motor)
    amostras = Amostras()
    amostras.start()
    inicial: Any = m.integracao
    ajustes = inicial.carga_inicial
    carga = CargaInicial(
        m.consultas, m.fusion, m.fila(CARGA_INICIAL), m.marcas(CARGA_INICIAL), pagina=ajustes.pagina, prioridade=ajustes.prioridade
    )
    amostras.passo = "carga"

    def avancou(ponto: Ponto) -> None:
        amostras.enfileirados = ponto.feitos

    m.carga().marcar_inicio()
    carga.executar(ao_avancar=avancou, esperar=lambda: None)
    amostras.passo = "entrega"
    # As the operator does on a later try of one run.
    m.fila(CARGA_INICIAL).recuperar(pedido["dono"].rsplit("#", 1)[0])
    cliente = ClienteFusion(ApiFusion(pedido["url"], {"Authorization": f"Bearer {pedido['token']}"}), ajustes.concorrencia)

    def progresso(resultado: Any) -> None:
        amostras.entregues = resultado.processados
        if pedido["limite"] and amostras.entregues >= pedido["limite"]:
            amostras.passo = "fim"
            amostras.amostrar()
            raise Basta

    valores = ajustes.model_copy(update={"permanencia": ajustes.permanencia * 0})
    entrega = m.entrega(valores, cliente, pedido["dono"], [m.via(CARGA_INICIAL)], progresso=progresso)
    with suppress(Basta):
        entrega.executar()
    amostras.passo, amostras.entregues = "fim", entrega.resultado.processados
    amostras.amostrar()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
