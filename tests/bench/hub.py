"""The real stack (Airflow, PostgreSQL, sandbox Fusion) for one benchmark, in a folder of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil

from sandbox.postgres import Postgres
from sandbox.report.query import consultar
from sandbox.stack import airflow_api
from sandbox.stack.ambiente import EXAMPLE, dsn
from sandbox.stack.estado import Estado
from sandbox.stack.filhos import pertencentes
from sandbox.stack.pilha import Pilha
from sandbox.stack.report import urls_de
from sandbox.stack.situacao import profundidades
from tests.bench.apoio import pasta_temporaria

ABERTAS = ("pendente", "reservado")


class Hub:
    """A running stack; ``urls`` maps each database to its libpq URL."""

    def __init__(self, pilha: Pilha) -> None:
        self.pilha = pilha
        self.estado = pilha.estado
        self.urls = urls_de(self.estado) | {"airflow": dsn(self.estado, pilha.senha_pg, "airflow")}

    def esperar(self, pronto: Callable[[], bool], prazo: float, oque: str, passo: float = 0.5) -> None:
        """Watch over the stack until ``pronto``; an error when that takes longer than ``prazo`` seconds."""
        limite = time.monotonic() + prazo
        feito = False

        def fim() -> bool:
            nonlocal feito
            feito = pronto()
            return feito or time.monotonic() > limite

        self.pilha.vigiar(fim, passo)
        if not feito:
            estados = consultar(self.urls["airflow"], "select dag_id, state, count(*) from dag_run group by 1, 2 order by 1, 2")
            raise RuntimeError(f"{oque} took longer than {prazo:.0f} s; {self.abertas()} rows open; runs {estados}")

    def passar(self, segundos: float) -> None:
        """Let time pass, watching over the stack."""
        fim = time.monotonic() + segundos
        self.pilha.vigiar(lambda: time.monotonic() >= fim)

    def abertas(self) -> int:
        """Rows that wait or are being delivered."""
        return sum(n for *_, situacao, n in profundidades(self.urls["fusion_integracao"]) if situacao in ABERTAS)

    def trazer_historico(self) -> None:
        """Load both histories and wait until nothing moves any more."""
        self.esperar(lambda: not airflow_api.faltam_dags(self.estado), 120, "loading the DAGs")
        airflow_api.disparar_cargas_iniciais(self.estado)
        vazia_desde: list[float] = []

        def parada() -> bool:
            feitas = consultar(
                self.urls["fusion_integracao"], "select count(distinct processo || integracao_id) from ImportacaoAtendimento"
            )
            if feitas[0][0] < 3 or self.abertas():
                vazia_desde.clear()
                return False
            vazia_desde.append(time.monotonic())
            return vazia_desde[-1] - vazia_desde[0] > 5

        self.esperar(parada, 300, "delivering the history")

    def ociosa(self, prazo: float = 240) -> None:
        """Wait until no DAG runs."""
        sql = "select count(*) from dag_run where state in ('running', 'queued')"
        self.esperar(lambda: consultar(self.urls["airflow"], sql)[0][0] == 0, prazo, "ending the runs")

    def execucoes(self, desde: datetime) -> dict[str, int]:
        """Runs created since then, by their type."""
        sql = "select run_type, count(*) from dag_run where created_at >= %s group by 1"
        return {str(tipo): int(n) for tipo, n in consultar(self.urls["airflow"], sql, desde)}

    def partidas(self, desde: datetime) -> int:
        """Tasks started since then, earlier tries included."""
        total = 0
        for tabela in ("task_instance", "task_instance_history"):
            sql = f"select count(*) from {tabela} where start_date >= %s and pid is not null"
            total += int(consultar(self.urls["airflow"], sql, desde)[0][0])
        return total

    def cpu(self) -> dict[str, float]:
        """CPU seconds by component so far: living processes with the children that they have buried."""
        fichas = self.estado.processos.get("filhos", {})
        somas: dict[str, float] = {}
        for nome, ficha in fichas.items():
            somas[nome] = 0.0
            for processo in pertencentes([ficha], "", todos=False):
                try:
                    somas[nome] += sum(processo.cpu_times()[:4])
                except psutil.Error:
                    continue
        return somas

    def processos(self, componente: str) -> tuple[psutil.Process, list[psutil.Process]]:
        """Leader of a component and its descendants."""
        lider = psutil.Process(self.estado.processos["filhos"][componente]["pid"])
        return lider, lider.children(recursive=True)


def agora() -> datetime:
    return datetime.now(UTC)


def gasto(antes: dict[str, float], depois: dict[str, float]) -> str:
    """CPU seconds between two readings, in words."""
    partes = {nome: depois[nome] - antes.get(nome, 0.0) for nome in depois if nome != "simulador"}
    return f"{sum(partes.values()):.0f} CPU s in all ({', '.join(f'{n} {v:.0f}' for n, v in sorted(partes.items(), key=lambda p: -p[1]))})"


@contextmanager
def hub(**ambiente: str) -> Iterator[Hub]:
    """Start the stack without its simulator; ``ambiente`` are its FUSION_* variables. Nothing is left afterwards."""
    valores = {"FUSION_ATENDIMENTOS": "300", "FUSION_INVALIDOS": "0", "FUSION_SETTINGS": str(EXAMPLE), **ambiente}
    antigos = {nome: os.environ.get(nome) for nome in valores}
    os.environ.update(valores)
    try:
        with pasta_temporaria() as pasta:
            yield from _no_ar(Estado(Path(pasta) / "hub"))
    finally:
        for nome, antigo in antigos.items():
            if antigo is None:
                os.environ.pop(nome, None)
            else:
                os.environ[nome] = antigo


def _no_ar(estado: Estado) -> Iterator[Hub]:
    pilha = Pilha(estado, lambda texto: print(f"  {texto}", flush=True))
    try:
        pilha.subir(None)
        yield Hub(pilha)
    finally:
        pilha.parar(espera=6)
        Postgres(estado.postgres).apagar()
