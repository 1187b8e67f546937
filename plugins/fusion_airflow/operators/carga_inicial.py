"""Carga inicial: the whole history, once, behind live traffic."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

from fusion_airflow.operators.base import OperadorIntegracao, parcela_recusada
from include.fusion.settings import obter, sections

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.fusion.wiring.names import Montagem, Pedido

H = TypeVar("H", bound=sections.Historico)

CONSULTA_PAUSA = 5.0
"""Seconds between two looks at whether the DAG is paused."""


class _OperadorInicial(OperadorIntegracao):
    def pausa(self, context: Context, montagem: Montagem) -> _Pausa:
        return _Pausa(context["ti"].dag_id, lambda: self.ajustes(montagem, sections.Historico).pausar, self.log)

    @staticmethod
    def ajustes(montagem: Montagem, kind: type[H]) -> H:
        """Read again each time: the settings file may change (Git sync) while the load runs."""
        return kind.of(obter(montagem.integracao.id).initial_load)

    def progresso(self, context: Context, total: int, feitos: int) -> Any:
        """Goes to the log and, as it moves, to XCom: both are visible in the UI while the task runs."""
        from include.fusion.wiring.names import Progresso

        def falar(texto: str, numeros: dict[str, Any]) -> None:
            self.log.info("Progresso: %s", texto)
            context["ti"].xcom_push("progresso", numeros)

        return Progresso(total, falar, feitos=feitos)

    def percorrer(self, context: Context, montagem: Montagem, carga: Any, descanso: float = 0.0) -> tuple[Any, int]:
        """Page through the history from the checkpoint on, with ``descanso`` seconds after each page; (checkpoint, done in this run)."""
        if context["params"].get("recomecar") and context["ti"].try_number == 1:
            carga.recomecar()
        antes = carga.ponto()
        progresso = self.progresso(context, antes.total, antes.feitos)

        def avancar(ponto: Any) -> None:
            progresso.total = ponto.total
            progresso.em(ponto.feitos, ja=ponto.concluida)
            if not ponto.concluida:
                time.sleep(descanso)

        ponto = carga.executar(ao_avancar=avancar, esperar=self.pausa(context, montagem).esperar)
        return ponto, ponto.feitos - antes.feitos


class CargaInicialOperator(_OperadorInicial):
    """Queues the keys of the whole history; resumes where a killed or paused run stopped, and does nothing once complete."""

    def processar(self, context: Context, montagem: Montagem, pedido: Pedido) -> dict[str, Any]:
        ajustes = self.ajustes(montagem, sections.CargaInicial)
        self.pular_se_desligado(ajustes.habilitado, "carga inicial")
        # Before the first page: whatever changes while the history is read is live traffic's to deliver.
        montagem.carga().marcar_inicio()
        ponto, novos = self.percorrer(context, montagem, montagem.carga_inicial(ajustes))
        if pedido.reenviar_erros:
            montagem.fila_inicial.reenviar_erros()
        self.log.info("%d registros do histórico na fila (%d nesta execução)", ponto.feitos, novos)
        return {"enfileirados": novos, "feitos": ponto.feitos, "total": ponto.total}


class CargaPacientesOperator(_OperadorInicial):
    """Pages the source's people into its own table of patients to synchronise; people registered later are a matter of the next run."""

    def processar(self, context: Context, montagem: Montagem, pedido: Pedido) -> dict[str, Any]:
        ajustes = self.ajustes(montagem, sections.CargaPacientes)
        self.pular_se_desligado(ajustes.habilitado, "carga inicial de pacientes")
        carga = montagem.own_initial_load(ajustes.max_records)
        ponto, novos = self.percorrer(context, montagem, carga, ajustes.intervalo.total_seconds())
        self.log.info("%d pacientes em PacienteSES (%d nesta execução)", ponto.feitos, novos)
        return {"gravados": novos, "feitos": ponto.feitos, "total": ponto.total}


class ProcessamentoInicialOperator(_OperadorInicial):
    """Delivers the queue of the initial load."""

    def processar(self, context: Context, montagem: Montagem, pedido: Pedido) -> dict[str, Any]:
        from fusion_airflow.hooks.fusion import FusionHook

        ajustes = self.ajustes(montagem, sections.CargaInicial)
        self.pular_se_desligado(ajustes.habilitado, "carga inicial")
        fila = montagem.fila_inicial
        self.retomar(context, fila)
        contagem = fila.contar()
        feitos = sum(contagem[s] for s in ("concluido", "erro", "descartado"))
        progresso = self.progresso(context, contagem["pendente"] + contagem["reservado"] + feitos, feitos)
        entrega = montagem.entrega(
            ajustes,
            FusionHook(montagem.integracao.conexoes.fusion_api).cliente(ajustes.concorrencia),
            self.dono(context),
            [montagem.via_inicial()],
            pausado=self.pausa(context, montagem).pausado,
            progresso=lambda resultado: progresso.em(feitos + resultado.processados),
        )
        try:
            with parcela_recusada():
                entrega.executar()
        finally:
            montagem.registrar_faltantes()
            self.log.info("%s", entrega.resultado.resumo())
        progresso.em(feitos + entrega.resultado.processados, ja=True)
        return entrega.resultado.contagens() | {"motivos": self.motivos(entrega.resultado)}


class _Pausa:
    """Whether the load rests: its DAG is paused in the UI, or the settings say ``pausar: true``."""

    def __init__(self, dag_id: str, nas_configuracoes: Any, log: Any) -> None:
        self._dag_id = dag_id
        self._nas_configuracoes = nas_configuracoes
        self._log = log
        self._ate = 0.0
        self._valor = False

    def pausado(self) -> bool:
        agora = time.monotonic()
        if agora >= self._ate:
            novo = self._nas_configuracoes() or _dag_pausada(self._dag_id)
            if novo != self._valor:
                self._log.info("Carga inicial %s", "em pausa: despause a DAG para continuar" if novo else "retomada")
            self._valor, self._ate = novo, agora + CONSULTA_PAUSA
        return self._valor

    def esperar(self) -> None:
        while self.pausado():
            time.sleep(1.0)


def _dag_pausada(dag_id: str) -> bool:
    from airflow.sdk.execution_time.comms import DagResult, GetDag
    from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

    resposta = SUPERVISOR_COMMS.send(GetDag(dag_id=dag_id))
    return isinstance(resposta, DagResult) and resposta.is_paused
