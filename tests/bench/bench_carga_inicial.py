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

from include.fusion.delivery.work import Parametros
from include.fusion.wiring import CARGA_INICIAL
from sandbox.postgres import Postgres
from sandbox.processos import encerrar, iniciar
from tests.bancada import Bancada
from tests.bench.apoio import Medida, maquina, medida, servidor_postgres

RAIZ = Path(__file__).resolve().parents[2]
MB = 1e6
SEMENTE = 2026
ESPERA = 1800.0
_TRANSITO = 3.0
"""Seconds after a kill in which Fusion finishes what was on its way."""


class Tarefa:
    """One child that loads keys and delivers them; what it says about itself is in ``amostras``."""

    def __init__(self, bancada: Bancada, pasta: Path, tentativa: int, limite: int = 0) -> None:
        self._saida = pasta / f"tarefa-{bancada.servidor.porta}-{tentativa}.log"
        urls = {nome: url.replace("postgresql://", "postgresql+psycopg2://", 1) for nome, url in bancada.dsn.items()}
        pedido = {
            "fila": urls["fila"],
            "origem": urls["origem"],
            "url": bancada.servidor.url,
            "token": bancada.servidor.token,
            "dono": f"esus_ab_carga_inicial/bench/processamento#{tentativa}|",
            "limite": limite,
        }
        env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(RAIZ), str(RAIZ / "plugins"))), "AIRFLOW_HOME": str(pasta)}
        comando = [sys.executable, "-m", "tests.bench.carga_filho", json.dumps(pedido)]
        self.processo: subprocess.Popen[bytes] = iniciar(comando, log=self._saida, env=env, cwd=RAIZ)

    @property
    def amostras(self) -> list[dict[str, Any]]:
        linhas = self._saida.read_text(errors="replace").split("\n")[:-1]
        return [json.loads(linha) for linha in linhas if linha.startswith('{"passo"')]

    def ate(self, pronto: Callable[[dict[str, Any]], bool]) -> None:
        """Wait for a sample like that, or for the end; a child that fails is an error."""
        limite = time.monotonic() + ESPERA
        while self.processo.poll() is None and time.monotonic() < limite:
            feitas = self.amostras
            if feitas and pronto(feitas[-1]):
                return
            time.sleep(0.05)
        if self.processo.returncode != 0:
            ultima = (self._saida.read_text(errors="replace").strip().splitlines() or ["nothing said"])[-1]
            raise RuntimeError(f"the load's process ended with {self.processo.returncode}: {ultima[:200]}")

    def terminar(self) -> None:
        self.ate(lambda _: False)

    def fechar(self) -> None:
        encerrar(self.processo, signal.SIGKILL)


def memoria(postgres: Postgres, pasta: Path, total: int, limite: int) -> list[Medida]:
    """Load all keys, deliver up to ``limite`` records, and watch the process."""
    print(f"  generating {total} attendances", flush=True)
    inicio = time.monotonic()
    bancada = Bancada(postgres, pasta, "esus_ab", total)
    try:
        gerado = time.monotonic() - inicio
        tarefa = Tarefa(bancada, pasta, 1, limite)
        try:
            tarefa.terminar()
        finally:
            tarefa.fechar()
        amostras = tarefa.amostras
        na_fila = bancada.fila("select count(*) from ImportacaoAtendimento where processo = %s", CARGA_INICIAL)[0][0]
    finally:
        bancada.fechar()
    carga, entrega = ([a for a in amostras if a["passo"] == passo] for passo in ("carga", "entrega"))
    fim = next(a for a in amostras if a["passo"] == "fim")
    duracao_carga = entrega[0]["t"] - carga[0]["t"]
    duracao = fim["t"] - entrega[0]["t"]
    terco = len(entrega) // 3
    meio, ultimo = (mean(a["rss"] for a in parte) for parte in (entrega[terco : 2 * terco], entrega[2 * terco :]))
    tudo = "all of them delivered" if fim["entregues"] >= na_fila else f"{fim['entregues']} of them delivered (bounded to save time)"
    como = (
        f"{total} e-SUS attendances (generated in {gerado:.0f} s), {na_fila} keys queued in {duracao_carga:.0f} s, {tudo} in {duracao:.0f} s; "
        f"CargaInicial and Entrega as the operators build them, in a child process that has Airflow's task runner and the operators imported, "
        f"but no supervisor above it; "
        f"RSS sampled 4 times a second; {maquina()}"
    )
    pico = max(a["rss"] for a in amostras) / MB
    return [
        medida("initial load: peak RSS of the task process", pico, "MB", como, maximo=350),
        medida("initial load: RSS last third / middle third of the delivery", ultimo / meio, "ratio",
               f"{meio / MB:.0f} MB, then {ultimo / MB:.0f} MB; {como}", maximo=1.05),
        medida("initial load: keys queued", na_fila / duracao_carga, "rows/s", como),
        medida("initial load: delivery", fim["entregues"] / duracao, "records/s", como),
    ]  # fmt: skip


def morte(postgres: Postgres, pasta: Path, total: int, mortes: int) -> list[Medida]:
    """Kill the process in the load of the keys, then ``mortes`` times in the delivery, and see what Fusion got in the end."""
    rng = random.Random(SEMENTE)
    bancada = Bancada(postgres, pasta, "esus_ab", total)
    repetidos: list[int] = []
    pontos: list[str] = []
    try:
        # A page (2000 keys) is done in a moment: the first kill falls somewhere into the first pages.
        # The others are spread: two within one batch would count what the first of them left behind twice.
        alvos = [(n + rng.uniform(0.1, 0.9)) / mortes * total for n in range(mortes)]
        for tentativa, alvo in enumerate([0.0, *alvos], 1):
            tarefa = Tarefa(bancada, pasta, tentativa)
            try:
                ja = 0 if not alvo else bancada.fusion("select count(*) from aplicacao")[0][0]
                passo = "carga" if not alvo else "entrega"
                tarefa.ate(lambda a, p=passo, n=alvo - ja: a["passo"] == p and a["entregues"] >= n)  # type: ignore[misc]
                time.sleep(rng.uniform(0, 0.2 if not alvo else 1.0))
                tarefa.processo.send_signal(signal.SIGKILL)
                tarefa.processo.wait()
            finally:
                tarefa.fechar()
            time.sleep(_TRANSITO)
            aceitos = {c for (c,) in bancada.fusion("select codigo from aplicacao")}
            # A row that is not concluded goes out again, whatever else was noted about it.
            concluidos = {c for (c,) in bancada.fila("select chave from ImportacaoAtendimento where situacao = 'concluido'")}
            repetidos.append(len(aceitos - concluidos))
            pontos.append(f"{len(aceitos)} accepted" if alvo else "in the load of the keys")
        ultima = Tarefa(bancada, pasta, mortes + 2)
        try:
            ultima.terminar()
        finally:
            ultima.fechar()
        perdidos = set(bancada.divergentes())
        recusados = {c for (c,) in bancada.fila("select chave from ImportacaoAtendimento where situacao = 'erro'")}
        abertos = bancada.fila("select count(*) from ImportacaoAtendimento where situacao in ('pendente', 'reservado')")[0][0]
        dobrados = len(bancada.duplicados()) + bancada.fusion("select count(*) - count(distinct codigo) from aplicacao")[0][0]
    finally:
        bancada.fechar()
    como = (
        f"{total} attendances, all delivered; SIGKILL (seed {SEMENTE}) at: {', '.join(pontos)}; resumed by a new process each time; sent again "
        f"each time: {', '.join(map(str, repetidos))}, that is accepted by Fusion but not concluded in the queue when the process died; "
        f"{len(recusados)} refused, {abertos} left open; batches of {Parametros.lote}; no Airflow in between; {maquina()}"
    )
    return [
        medida("initial load: records sent again after a SIGKILL, worst", max(repetidos), "records", como, maximo=Parametros.lote),
        medida("initial load: lost after SIGKILLs", len(perdidos - recusados) + abertos, "records", como, maximo=0),
        medida("initial load: applied twice after SIGKILLs", dobrados, "records", como, maximo=0),
    ]


def run(rapido: bool = False) -> list[Medida]:
    """Memory first, on the large history; then the kills, on one small enough to be delivered whole."""
    with servidor_postgres() as (postgres, pasta):
        if rapido:
            return memoria(postgres, pasta, 20_000, 3_000) + morte(postgres, pasta, 1_500, 1)
        return memoria(postgres, pasta, 200_000, 60_000) + morte(postgres, pasta, 10_000, 3)
