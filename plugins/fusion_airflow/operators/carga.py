"""Carga: finds what changed at the source and feeds the queue of the next step."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import DownstreamTasksSkipped

from fusion_airflow.operators.base import OperadorIntegracao

if TYPE_CHECKING:
    from airflow.sdk import Context

    from fusion_airflow.montagem import Montagem
    from include.fusion.carga import ResultadoCarga
    from include.fusion.pedido import Pedido

log = logging.getLogger(__name__)


class CargaOperator(OperadorIntegracao):
    """Queues changed attendances, or those a form asks for; skips the next step when nothing waits for it."""

    def processar(self, context: Context, montagem: Montagem, pedido: Pedido) -> dict[str, Any]:
        from include.fusion.settings import Consulfarma

        assert isinstance(montagem.integracao, Consulfarma)
        if pedido.simular:
            self.log.info("Simulação: a carga não altera nada; a importação lê e monta sem enviar.")
            return {"simulacao": True}
        contagens = buscar(
            montagem, pedido, manual=context["dag_run"].run_type == "manual", habilitada=montagem.integracao.carga.habilitado
        )
        self.log.info("%s", frase(contagens))
        if not montagem.fila().tem_prontos():
            montagem.assinar_plantao(False)
            context["ti"].xcom_push("return_value", contagens)
            # Not even started: a task costs a second, and there is nothing for it to do.
            raise DownstreamTasksSkipped(tasks=sorted(self.downstream_task_ids))
        return contagens


def buscar(montagem: Montagem, pedido: Pedido, *, manual: bool, habilitada: bool = True) -> dict[str, Any]:
    """One look for work: what the form asks for, else what changed (when its interval or a watcher says so)."""
    from include.fusion.carga import enfileirar_pedido

    montagem.assinar_plantao()
    contagens: dict[str, Any] = {"lidos": 0, "enfileirados": 0, "reenviados": 0}
    fila, busca = montagem.fila(), montagem.integracao.busca
    if pedido.reenviar_erros:
        contagens["reenviados"] = fila.reenviar_erros()
    if pedido.filtra:
        contagens["enfileirados"] = enfileirar_pedido(
            montagem.consultas, montagem.fusion, fila, montagem.livro, pedido, pagina=busca.pagina
        )
    elif habilitada and (manual or busca.vigiar_origem or montagem.carga_venceu()):
        resultado = montagem.carga().executar(_Andamento(montagem))
        montagem.registrar_carga()
        contagens |= {"lidos": resultado.lidos, "enfileirados": resultado.enfileirados, "por_origem": resultado.por_origem}
        if resultado.futuros:
            contagens["data_no_futuro"] = resultado.futuros
    return contagens


def frase(contagens: dict[str, Any]) -> str:
    """One line in Portuguese for the log."""
    partes = [f"{contagens['enfileirados']} mudanças enfileiradas", f"{contagens['lidos']} lidas na origem"]
    if contagens["reenviados"]:
        partes.append(f"{contagens['reenviados']} registros com erro postos de novo na fila")
    if contagens.get("data_no_futuro"):
        partes.append(f"{contagens['data_no_futuro']} com data de alteração no futuro (confira o relógio da origem)")
    return "; ".join(partes)


class _Andamento:
    """After each page: the watcher learns that somebody is at work, and the log, every ten seconds, how far it got."""

    def __init__(self, montagem: Montagem) -> None:
        self._montagem = montagem
        self._dito_em = time.monotonic()

    def __call__(self, resultado: ResultadoCarga) -> None:
        self._montagem.assinar_plantao()
        if time.monotonic() - self._dito_em >= 10:
            self._dito_em = time.monotonic()
            log.info("Carga em andamento: %d lidas, %d enfileiradas", resultado.lidos, resultado.enfileirados)
