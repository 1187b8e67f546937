"""Carga: finds changes at the source and queues them for the next step."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from fusion_airflow.operators.base import IntegracaoOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.fusion.wiring.names import ReplayRequest, Runtime

LEASE = timedelta(minutes=2)
"""Lease of the patients in work."""


class CargaOperator(IntegracaoOperator):
    """Queues changes, or the records of a replay request; skips later steps without work.

    ``passo``: name of the search step, in systems with several; ``ajustes``: name of its settings section; ``primeiro``: this is the
    run's first step, the only one that queues the replay request.
    """

    feeds = True

    def __init__(self, *, integracao: str, ajustes: str = "carga", passo: str | None = None, primeiro: bool = True, **kwargs: Any) -> None:
        super().__init__(integracao=integracao, **kwargs)
        self.settings = ajustes
        self.step = passo
        self.first = primeiro

    def has_work(self, runtime: Runtime) -> bool:
        with runtime.fusion.connect() as con:
            watermarks = {o.nome: m for o in runtime.queries.origins if (m := runtime.watermarks().read(con, o.nome))}
        return runtime.watcher(self.step).has_work(watermarks)

    def process(self, context: Context, runtime: Runtime, request: ReplayRequest) -> dict[str, Any]:
        from include.fusion.settings.sections import Processo
        from include.fusion.wiring.names import ReplayRequest, look_up, sentence

        if request.simular:
            self.log.info("Simulação: a carga não altera nada; a importação lê e monta sem enviar.")
            return {"simulacao": True}
        counts = look_up(
            runtime,
            request if self.first else ReplayRequest(),
            manual=context["dag_run"].run_type == "manual",
            enabled=Processo.of(runtime.integracao.section(self.settings)).habilitado,
            step=self.step,
        )
        self.log.info("%s", sentence(counts))
        return self.skip_without_work(context, runtime, counts)


class PedidosOperator(IntegracaoOperator):
    """Queues all attendances of the patients that Fusion asks for."""

    feeds = True

    def has_work(self, runtime: Runtime) -> bool:
        return runtime.requests_fila().has_ready()

    def process(self, context: Context, runtime: Runtime, request: ReplayRequest) -> dict[str, Any]:
        from include.fusion.settings.sections import Processo
        from include.fusion.wiring.names import serve_requests

        if request.simular:
            raise AirflowSkipException("Simulação: os pedidos do Fusion ficam como estão")
        settings = Processo.of(runtime.integracao.section("busca_atendimentos_paciente"))
        self.skip_if_switched_off(settings.habilitado, "busca de atendimentos do paciente")
        requests, search = runtime.requests_fila(), runtime.integracao.search
        self.resume(context, requests)
        pacientes, enqueued = serve_requests(
            runtime.queries,
            runtime.fusion,
            requests,
            runtime.fila(),
            runtime.ledger,
            self.row_owner(context),
            page=search.pagina,
            lease=LEASE,
        )
        self.log.info("%d pacientes pedidos pelo Fusion; %d atendimentos enfileirados", pacientes, enqueued)
        return self.skip_without_work(context, runtime, {"pacientes": pacientes, "enfileirados": enqueued})
