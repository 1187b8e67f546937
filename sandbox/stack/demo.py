"""``make demo``: a fresh stack, a hospital at work, the figures, and nothing left behind."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg2

from sandbox.postgres import Postgres
from sandbox.processos import PR_SET_PDEATHSIG
from sandbox.report.base import Relatorio
from sandbox.report.report import montar
from sandbox.stack import airflow_api, componentes
from sandbox.stack.ambiente import dsn
from sandbox.stack.estado import Estado
from sandbox.stack.pilha import Parar, Pilha, limpar
from sandbox.stack.report import urls_de
from sandbox.stack.situacao import profundidades

ESVAZIAR = 180.0
"""Seconds that the queues get to run empty, before and after the simulator."""
CONCILIAR = 60.0
"""Seconds after that in which late records may still arrive before the table says that they are missing."""
AVISO = 10.0


def morrer_com_o_pai() -> None:
    """A make that is killed outright takes its demo along, so that the next one finds the folder free (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def _fresca(estado: Estado) -> Iterator[None]:
    """An empty stack before; its data, passwords and cluster gone after. The report and the logs stay."""

    def apagar() -> None:
        Postgres(estado.postgres).apagar()
        shutil.rmtree(estado.airflow, ignore_errors=True)
        shutil.rmtree(estado.pasta / "fhir", ignore_errors=True)
        for nome in ("segredos.json", "portas.json", "processos.json"):
            (estado.pasta / nome).unlink(missing_ok=True)

    limpar(estado)
    apagar()
    shutil.rmtree(estado.logs, ignore_errors=True)
    (estado.pasta / "report.json").unlink(missing_ok=True)
    estado.criar()
    try:
        yield
    finally:
        # The logs of the tasks explain a red verdict.
        if (estado.airflow / "logs").exists():
            shutil.move(estado.airflow / "logs", estado.logs / "airflow")
        apagar()


def executar(estado: Estado, dizer: Callable[[str], None], endereco: Callable[[Estado], str], ignorar_sinais: Callable[[], None]) -> int:
    """Returns the exit code: 0 when Fusion equals the sources, 1 when it does not, 130 when interrupted."""
    if not estado.travar():
        print("a demo of this checkout is running already")
        return 1
    codigo = 1
    pilha: Pilha | None = None
    try:
        with _fresca(estado):
            pilha = Pilha(estado, dizer)
            try:
                pilha.subir(None)
                print(endereco(estado), flush=True)
                relatorio = _roteiro(pilha, dizer)
                (estado.pasta / "report.json").write_text(relatorio.json() + "\n")
                print("\n" + relatorio.texto(), flush=True)
                print(f"\nreport: {estado.pasta.name}/report.json   logs: {estado.pasta.name}/logs   the UI was at {estado.url_ui}")
                codigo = 0 if relatorio.ok else 1
            finally:
                ignorar_sinais()
                dizer("stopping")
                pilha.parar(espera=6)
                dizer("stopped")
    except Parar:
        codigo = 130
    except Exception as erro:
        dizer(f"failed: {erro}")
    return codigo


def _roteiro(pilha: Pilha, dizer: Callable[[str], None]) -> Relatorio:
    estado = pilha.estado
    segundos, taxa = float(os.environ.get("FUSION_DEMO_SEGUNDOS", "120")), os.environ.get("FUSION_TAXA", "1")
    _ate(
        pilha,
        lambda: airflow_api.faltam_dags(estado) == [],
        90,
        lambda: f"DAGs not loaded yet: {', '.join(airflow_api.faltam_dags(estado))}",
    )
    for dag_id in airflow_api.disparar_cargas_iniciais(estado):
        dizer(f"triggered {dag_id}")
    dizer("waiting until Fusion holds the sources' history")
    contagem = _Contagem(pilha, dizer)
    _ate(pilha, contagem.vazia, ESVAZIAR, lambda: "the history is not delivered yet: going on")
    dizer(f"hospital at work: {taxa} changes/s into each source for {segundos:.0f} s; watch it in the UI")
    simulador = pilha.iniciar(componentes.simulador(estado, taxa, segundos))
    _ate(pilha, lambda: contagem.mostrar() or simulador.poll() is not None, segundos + 60, lambda: "the simulator hangs")
    dizer("hospital closed; hourly push and six-hourly pull of FHIR run now; waiting until the queues are empty")
    agendadas = airflow_api.disparar(estado, airflow_api.AGENDADAS_FHIR)
    _ate(pilha, lambda: airflow_api.terminaram(estado, agendadas), ESVAZIAR, lambda: "FHIR's runs go on; what is missing is in the table")
    _ate(pilha, contagem.vazia, ESVAZIAR, lambda: "queues are not empty; what is stuck is in the table")
    urls = urls_de(estado)
    relatorio = montar(urls)
    esgotou = _depois(CONCILIAR)
    while relatorio.atrasado and not esgotou():
        # A change that nobody has noticed yet is in no queue.
        pilha.vigiar(_depois(2))
        relatorio = montar(urls)
    return relatorio


def _depois(segundos: float) -> Callable[[], bool]:
    fim = time.monotonic() + segundos
    return lambda: time.monotonic() >= fim


def _ate(pilha: Pilha, pronto: Callable[[], bool], prazo: float, senao: Callable[[], str]) -> bool:
    """Watch over the children until ``pronto`` or, after ``prazo`` seconds, say what is missing."""
    esgotou = _depois(prazo)
    feito = False

    def fim() -> bool:
        nonlocal feito
        feito = pronto()
        return feito or esgotou()

    pilha.vigiar(fim)
    if not feito:
        pilha.dizer(senao())
    return feito


class _Contagem:
    """Depth of the queues, shown every now and then; empty means empty for four seconds on end, after something has passed."""

    def __init__(self, pilha: Pilha, dizer: Callable[[str], None]) -> None:
        self._url = dsn(pilha.estado, pilha.senha_pg, "fusion_integracao")
        self._dizer = dizer
        self._vista = 0.0
        self._vazia_desde: float | None = None

    def mostrar(self) -> bool:
        """Print the depths when it is time to; always ``False``."""
        if time.monotonic() - self._vista >= AVISO:
            self._ler()
        return False

    def _ler(self) -> dict[str, int]:
        soma: dict[str, int] = {}
        try:
            for _, _, _, situacao, n in profundidades(self._url):
                soma[situacao] = soma.get(situacao, 0) + n
        except psycopg2.Error:
            return {"pendente": -1}
        if time.monotonic() - self._vista >= AVISO:
            self._vista = time.monotonic()
            self._dizer("queues: " + (", ".join(f"{n} {s}" for s, n in sorted(soma.items())) or "empty"))
        return soma

    def vazia(self) -> bool:
        soma = self._ler()
        if not soma or soma.get("pendente") or soma.get("reservado"):
            self._vazia_desde = None
            return False
        self._vazia_desde = self._vazia_desde or time.monotonic()
        return time.monotonic() - self._vazia_desde >= 4
