"""Importação: delivers a queue to Fusion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from fusion_airflow.operators.base import IntegracaoOperator, share_refused

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.fusion.settings import DeliverySettings
    from include.fusion.wiring.names import ReplayRequest, Route, Runtime


class ImportacaoOperator(IntegracaoOperator):
    """Delivers a queue; with ``busca`` it looks for changes first.

    A refused record goes to ``erro`` and the task stays green. When an API or database is down, the task fails and Airflow retries. While it
    lingers on an empty queue it peeks at the source: steady traffic then needs few task starts. ``processo``: the queue's process, in
    systems with several queues; other steps then follow.
    """

    def __init__(self, *, integracao: str, busca: bool = False, processo: str = "", **kwargs: Any) -> None:
        super().__init__(integracao=integracao, **kwargs)
        self.search = busca
        self.processo = processo

    def has_work(self, runtime: Runtime) -> bool:
        return runtime.fila(self.processo).has_ready()

    def process(self, context: Context, runtime: Runtime, request: ReplayRequest) -> dict[str, Any]:
        from include.fusion.settings import Importacao
        from include.fusion.wiring.names import look_up, sentence

        settings = Importacao.of(runtime.integracao.delivery_of(self.processo))
        self.skip_if_switched_off(settings.habilitado, self.processo.replace("_", " ") or "importação")
        route = runtime.via(self.processo)
        if request.simular:
            if self.processo not in ("", runtime.sistema.processos[0].nome):
                raise AirflowSkipException("Simulação: feita na primeira etapa de processamento")
            return self._simulate(runtime, request, settings.max_records)
        self.resume(context, route.fila)
        if self.search:
            found = look_up(runtime, request, manual=context["dag_run"].run_type == "manual")
            self.log.info("%s", sentence(found))
        result = self.deliver(context, runtime, settings, [route], last=not self.processo)
        route.fila.clean(timedelta(days=settings.retencao_dias))
        return result

    def deliver(self, context: Context, runtime: Runtime, settings: DeliverySettings, routes: list[Route], *, last: bool) -> dict[str, Any]:
        """Deliver ``routes``. The last step of a run stays on duty and peeks at the source meanwhile."""
        from include.fusion.wiring.names import Look, Peek

        search = runtime.integracao.search
        watching = last and search.habilitado and search.vigiar_origem
        look = Look(self.look(context, runtime)) if watching else None
        delivery = runtime.delivery(
            settings,
            self.client(runtime, settings),
            self.row_owner(context),
            routes,
            presence=runtime.sign_on if last else runtime.stay_on_duty,
            refill=Peek(look) if look else None,
        )
        try:
            with share_refused():
                delivery.run()
        finally:
            runtime.record_unmapped()
            self.log.info("%s", delivery.result.digest())
            reasons = self.motivos(delivery.result)
        regressions = {"versoes_regressivas": look.regressivas} if look and look.regressivas else {}
        return delivery.result.contagens() | regressions | {"motivos": reasons}

    def look(self, context: Context, runtime: Runtime) -> Any:
        """The search for new work while the step lingers."""
        return runtime.search()

    def client(self, runtime: Runtime, settings: DeliverySettings) -> Any:
        """The client that sends."""
        from fusion_airflow.hooks.fusion import FusionHook

        return FusionHook(runtime.integracao.conexoes.fusion_api).client(settings.concorrencia)

    def _simulate(self, runtime: Runtime, request: ReplayRequest, limit: int) -> dict[str, Any]:
        from include.fusion.wiring.names import simulate

        result = simulate(runtime.queries, runtime.fila(), runtime.reader, request, limit=limit)
        self.log.info("Simulação, nada foi enviado nem alterado: %s", result)
        return {"simulacao": True} | result


class AcompanhamentoOperator(ImportacaoOperator):
    """Last step of a run with several processes: stays on duty for all queues while there is traffic.

    So a discharge that arrives while openings are delivered does not wait for the next run.
    """

    def will_have_work(self, runtime: Runtime, before: Sequence[Any]) -> bool:
        return bool(before)  # It serves the queues of the steps before it.

    def process(self, context: Context, runtime: Runtime, request: ReplayRequest) -> dict[str, Any]:
        if request.simular:
            raise AirflowSkipException("Simulação: nada a acompanhar")
        routes = runtime.routes()
        self.resume(context, *(route.fila for route in routes))
        return self.deliver(context, runtime, runtime.integracao.delivery, routes, last=True)
