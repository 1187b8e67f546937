"""Initial load of a whole e-SUS history: memory of the task process, rate, and what a SIGKILL costs."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any

from include.fusion.delivery.work import DeliveryParameters
from include.fusion.wiring.names import CARGA_INICIAL
from sandbox.postgres import Postgres
from sandbox.processos import end_process, start_run
from tests import ROOT
from tests.bench.helpers import Measure, machine, measure, postgres_server
from tests.harness import Harness

MB = 1e6
SEMENTE = 2026
WAIT = 1800.0
_TRANSITO = 3.0
"""Seconds after a kill in which Fusion finishes what was on its way."""


class Task:
    """One child that loads keys and delivers them; what it says about itself is in ``samples``."""

    def __init__(self, harness: Harness, folder: Path, attempt: int, limit: int = 0) -> None:
        self._output = folder / f"tarefa-{harness.server.port}-{attempt}.log"
        urls = {name: url.replace("postgresql://", "postgresql+psycopg2://", 1) for name, url in harness.dsn.items()}
        request = {
            "fila": urls["fila"],
            "origem": urls["origem"],
            "url": harness.server.url,
            "token": harness.server.token,
            "dono": f"esus_ab_carga_inicial/bench/processamento#{attempt}|",
            "limite": limit,
        }
        env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "plugins"))), "AIRFLOW_HOME": str(folder)}
        command = [sys.executable, "-m", "tests.bench.carga_filho", json.dumps(request)]
        self.processo: subprocess.Popen[bytes] = start_run(command, log=self._output, env=env, cwd=ROOT)

    @property
    def samples(self) -> list[dict[str, Any]]:
        lines = self._output.read_text(errors="replace").split("\n")[:-1]
        return [json.loads(line) for line in lines if line.startswith('{"passo"')]

    def until(self, ready: Callable[[dict[str, Any]], bool]) -> None:
        """Wait for a sample like that, or for the end; a child that fails is an error."""
        limit = time.monotonic() + WAIT
        while self.processo.poll() is None and time.monotonic() < limit:
            done = self.samples
            if done and ready(done[-1]):
                return
            time.sleep(0.05)
        if self.processo.returncode != 0:
            last = (self._output.read_text(errors="replace").strip().splitlines() or ["nothing said"])[-1]
            raise RuntimeError(f"the load's process ended with {self.processo.returncode}: {last[:200]}")

    def finish(self) -> None:
        self.until(lambda _: False)

    def close(self) -> None:
        end_process(self.processo, signal.SIGKILL)


def memory(postgres: Postgres, folder: Path, total: int, limit: int) -> list[Measure]:
    """Load all keys, deliver up to ``limit`` records, and watch the process."""
    print(f"  generating {total} attendances", flush=True)
    start = time.monotonic()
    harness = Harness(postgres, folder, "esus_ab", total)
    try:
        gerado = time.monotonic() - start
        task = Task(harness, folder, 1, limit)
        try:
            task.finish()
        finally:
            task.close()
        samples = task.samples
        in_queue = harness.fila("select count(*) from ImportacaoAtendimento where processo = %s", CARGA_INICIAL)[0][0]
    finally:
        harness.close()
    carga, delivery = ([a for a in samples if a["passo"] == step] for step in ("carga", "entrega"))
    end = next(a for a in samples if a["passo"] == "fim")
    duracao_carga = delivery[0]["t"] - carga[0]["t"]
    duration = end["t"] - delivery[0]["t"]
    terco = len(delivery) // 3
    middle, last = (mean(a["rss"] for a in part) for part in (delivery[terco : 2 * terco], delivery[2 * terco :]))
    everything = "all of them delivered" if end["entregues"] >= in_queue else f"{end['entregues']} of them delivered (bounded to save time)"
    how = (
        f"{total} e-SUS attendances (generated in {gerado:.0f} s), {in_queue} keys queued in {duracao_carga:.0f} s, {everything} in {duration:.0f} s; "
        f"CargaInicial and Entrega as the operators build them, in a child process that has Airflow's task runner and the operators imported, "
        f"but no supervisor above it; "
        f"RSS sampled 4 times a second; {machine()}"
    )
    peak = max(a["rss"] for a in samples) / MB
    return [
        measure("initial load: peak RSS of the task process", peak, "MB", how, maximum=350),
        measure("initial load: RSS last third / middle third of the delivery", last / middle, "ratio",
               f"{middle / MB:.0f} MB, then {last / MB:.0f} MB; {how}", maximum=1.05),
        measure("initial load: keys queued", in_queue / duracao_carga, "rows/s", how),
        measure("initial load: delivery", end["entregues"] / duration, "records/s", how),
    ]  # fmt: skip


def death(postgres: Postgres, folder: Path, total: int, deaths: int) -> list[Measure]:
    """Kill the process in the load of the keys, then ``deaths`` times in the delivery, and see what Fusion got in the end."""
    rng = random.Random(SEMENTE)
    harness = Harness(postgres, folder, "esus_ab", total)
    repetidos: list[int] = []
    pontos: list[str] = []
    try:
        # A page (2000 keys) is done in a moment: the first kill falls somewhere into the first pages.
        # The others are spread: two within one batch would count what the first of them left behind twice.
        targets = [(n + rng.uniform(0.1, 0.9)) / deaths * total for n in range(deaths)]
        for attempt, target in enumerate([0.0, *targets], 1):
            task = Task(harness, folder, attempt)
            try:
                at_once = 0 if not target else harness.fusion("select count(*) from aplicacao")[0][0]
                step = "carga" if not target else "entrega"
                task.until(lambda a, p=step, n=target - at_once: a["passo"] == p and a["entregues"] >= n)  # type: ignore[misc]
                time.sleep(rng.uniform(0, 0.2 if not target else 1.0))
                task.processo.send_signal(signal.SIGKILL)
                task.processo.wait()
            finally:
                task.close()
            time.sleep(_TRANSITO)
            accepted_values = {c for (c,) in harness.fusion("select codigo from aplicacao")}
            # A row that is not concluded goes out again, whatever else was noted about it.
            concluidos = {c for (c,) in harness.fila("select chave from ImportacaoAtendimento where situacao = 'concluido'")}
            repetidos.append(len(accepted_values - concluidos))
            pontos.append(f"{len(accepted_values)} accepted" if target else "in the load of the keys")
        last = Task(harness, folder, deaths + 2)
        try:
            last.finish()
        finally:
            last.close()
        perdidos = set(harness.divergent())
        refused = {c for (c,) in harness.fila("select chave from ImportacaoAtendimento where situacao = 'erro'")}
        open_count = harness.fila("select count(*) from ImportacaoAtendimento where situacao in ('pendente', 'reservado')")[0][0]
        doubled_rows = len(harness.duplicates()) + harness.fusion("select count(*) - count(distinct codigo) from aplicacao")[0][0]
    finally:
        harness.close()
    how = (
        f"{total} attendances, all delivered; SIGKILL (seed {SEMENTE}) at: {', '.join(pontos)}; resumed by a new process each time; sent again "
        f"each time: {', '.join(map(str, repetidos))}, that is accepted by Fusion but not concluded in the queue when the process died; "
        f"{len(refused)} refused, {open_count} left open; batches of {DeliveryParameters.lote}; no Airflow in between; {machine()}"
    )
    return [
        measure("initial load: records sent again after a SIGKILL, worst", max(repetidos), "records", how, maximum=DeliveryParameters.lote),
        measure("initial load: lost after SIGKILLs", len(perdidos - refused) + open_count, "records", how, maximum=0),
        measure("initial load: applied twice after SIGKILLs", doubled_rows, "records", how, maximum=0),
    ]


def run(quick: bool = False) -> list[Measure]:
    """Memory first, on the large history; then the kills, on one small enough to be delivered whole."""
    with postgres_server() as (postgres, folder):
        if quick:
            return memory(postgres, folder, 20_000, 3_000) + death(postgres, folder, 1_500, 1)
        return memory(postgres, folder, 200_000, 60_000) + death(postgres, folder, 10_000, 3)
