"""Operators for FHIR: who has work, push, real-time push, pull. Counts and reasons only go into XCom and logs."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from fusion_airflow.fhir_api.metrics import publicar
from fusion_airflow.hooks.platform import CONEXAO, Plataforma
from fusion_airflow.operators.base import HubOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from fusion_airflow.hooks.fhir import FhirHook
    from include.fusion.fhir.http.client import ClienteFhir


class OperadorFhir(HubOperator):
    """Opens the platform's database for one task; ``plataforma_conn_id`` is its Airflow connection."""

    ui_color = "#e8f8ee"

    def __init__(self, *, plataforma_conn_id: str = CONEXAO, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plataforma_conn_id = plataforma_conn_id

    def execute(self, context: Context) -> Any:
        plataforma = Plataforma(self.plataforma_conn_id, **self.sessao(context))
        try:
            return self.processar(context, plataforma)
        finally:
            plataforma.fechar()

    def processar(self, context: Context, plataforma: Plataforma) -> Any:
        """Do the task's work."""
        raise NotImplementedError


class TenantsFhirOperator(OperadorFhir):
    """The tenants that a run is for, as keyword arguments of the mapped tasks: ``{"tenant": id, "nome": name}``.

    ``direcao``: push lists whoever has something to send, pull whoever receives. The form's ``tenant`` alone, whatever its frequency.
    """

    def __init__(self, *, direcao: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if direcao not in ("push", "pull"):
            raise ValueError("direcao must be push or pull")
        self.direcao = direcao

    def processar(self, context: Context, plataforma: Plataforma) -> list[dict[str, str]]:
        from include.fusion.fhir.platform.repository import tenants_de
        from include.fusion.fhir.push.due_tenants import limpar, tenants_com_trabalho

        limpar(plataforma.engine)
        pedido = context["params"].get("tenant")
        manual = context["dag_run"].run_type == "manual"
        if pedido:
            achados = [t for t in tenants_de(plataforma.engine, self.direcao) if t[0] == pedido]
            if not achados:
                raise AirflowSkipException("Tenant sem integração FHIR habilitada neste sentido")
        elif self.direcao == "push" and context["params"].get("reenviar_erros"):
            achados = tenants_de(plataforma.engine, "push")  # Dead letters alone are no due work.
        elif self.direcao == "push":
            achados = tenants_com_trabalho(plataforma.engine, ("realtime", "hourly", *(["manual"] if manual else [])), passageiras=True)
        else:
            achados = tenants_de(plataforma.engine, "pull", None if manual else ("realtime", "hourly"))
        self.log.info("%d tenants", len(achados))
        return [{"tenant": tenant, "nome": nome} for tenant, nome in achados]


class _PorTenant(OperadorFhir):
    """``tenant`` by its configuration, or any server by ``fhir_conn_id`` (then ``tenant`` only says whose rows). ``nome``: shown in the UI."""

    template_fields: Sequence[str] = ("tenant", "nome", "fhir_conn_id")

    def __init__(self, *, tenant: str, nome: str = "", fhir_conn_id: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tenant = tenant
        self.nome = nome
        self.fhir_conn_id = fhir_conn_id

    def cliente(self, plataforma: Plataforma) -> ClienteFhir:
        """Of the stored configuration, unless a connection is named."""
        if self.fhir_conn_id is None:
            return plataforma.cliente(self.tenant)
        cliente: ClienteFhir = self._hook().get_conn()
        cliente.tenant_id = self.tenant
        return cliente

    def _hook(self) -> FhirHook:
        from fusion_airflow.hooks.fhir import FhirHook

        return FhirHook(self.fhir_conn_id, plataforma_conn_id=self.plataforma_conn_id)

    def medido(self, sentido: str, fazer: Callable[[], Any], resultado: Any) -> None:
        """Do it, and publish what came of it as Airflow metrics, however it ended."""
        inicio = time.monotonic()
        try:
            fazer()
        finally:
            publicar(sentido, self.tenant, numeros(resultado), time.monotonic() - inicio)

    def contagens(self, resultado: Any) -> dict[str, Any]:
        """Numbers, and the commonest reasons."""
        return numeros(resultado) | {"motivos": self.motivos(resultado)}


def numeros(resultado: Any) -> dict[str, int]:
    """Counts of a push or pull."""
    return {k: v for k, v in vars(resultado).items() if isinstance(v, int)}


class FhirPushOperator(_PorTenant):
    """Sends a tenant's unsynced observations until none is due. The form's ``observacao`` or ``paciente`` sends that record alone.

    A refused record goes to the dead letter and the task stays green. A server that is down, credentials that are refused, or nearly
    everything refused fails it; when it is tried again or cleared, its dead letters get another chance.
    """

    def processar(self, context: Context, plataforma: Plataforma) -> dict[str, Any]:
        from include.fusion.wiring.fhir_names import Envio, reenviar_de_falhas_passageiras

        params = context["params"]
        if paciente := params.get("paciente"):
            return self._paciente(plataforma, paciente)
        envio = Envio(plataforma.engine, self.cliente(plataforma), self.dono(context), parar=lambda: self._desligado(plataforma))
        self.retomar(context, envio.fila)
        observacao = params.get("observacao")
        if params.get("reenviar_erros"):
            envio.fila.reenviar_erros()
        elif not observacao:
            reenviar_de_falhas_passageiras(plataforma.engine, self.tenant)
        self.medido("push", lambda: asyncio.run(envio.executar([observacao] if observacao else None)), envio.resultado)
        return self.contagens(envio.resultado)

    def _desligado(self, plataforma: Plataforma) -> bool:
        """Switched off meanwhile: the batch in hand is the last one."""
        return self.fhir_conn_id is None and not plataforma.configuracoes.obter(self.tenant).config.envia

    def _paciente(self, plataforma: Plataforma, paciente_id: str) -> dict[str, Any]:
        from include.fusion.fhir.platform.repository import Repositorio
        from include.fusion.fhir.push.patients import Pessoas

        repositorio = Repositorio(plataforma.engine, self.tenant)
        pessoa = repositorio.pessoa(paciente_id)
        if pessoa is None:
            raise AirflowSkipException("Paciente inexistente neste tenant")

        async def sincronizar() -> None:
            async with self.cliente(plataforma) as cliente:
                await Pessoas(repositorio, cliente).sincronizar(pessoa)

        asyncio.run(sincronizar())
        return {"pacientes": 1}


class FhirPullOperator(_PorTenant):
    """Brings the EHR's observations of a tenant's patients; the form's ``paciente`` brings those of one, ``recusadas`` the refused ones.

    A refused one goes to the dead letter and the task stays green.
    """

    def processar(self, context: Context, plataforma: Plataforma) -> dict[str, Any]:
        from include.fusion.fhir.pull.pull import Busca

        params = context["params"]
        busca = Busca(plataforma.engine, self.cliente(plataforma), self.dono(context))
        if context["ti"].try_number > 1:
            busca.recusadas.recuperar(self.prefixo(context))
        recusadas = params.get("recusadas")
        if recusadas == "todas":
            busca.recusadas.reenviar_erros()
        pacientes = None
        if paciente_id := params.get("paciente"):
            pessoa = busca.repositorio.pessoa(paciente_id)
            if pessoa is None or pessoa.ehr_id is None:
                raise AirflowSkipException("Paciente inexistente neste tenant, ou ainda sem ehrPatientId")
            pacientes = [(paciente_id, pessoa.ehr_id)]
        self.medido("pull", lambda: asyncio.run(busca.executar(pacientes, so_recusadas=bool(recusadas))), busca.resultado)
        return self.contagens(busca.resultado)


class FhirTempoRealOperator(OperadorFhir):
    """Serves every tenant on ``realtime`` at once and stays on duty while observations come: no task start in between.

    ``permanencia``: seconds it watches an idle platform (``FUSION_FHIR_PERMANENCIA``); ``duracao``: seconds after which another run takes over.
    One tenant's failure is noted in its ``last_error`` and pauses that tenant alone; the task stays green.
    """

    def __init__(self, *, permanencia: float | None = None, duracao: float = 600.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.permanencia = float(os.environ.get("FUSION_FHIR_PERMANENCIA", "30")) if permanencia is None else permanencia
        self.duracao = duracao

    def processar(self, context: Context, plataforma: Plataforma) -> dict[str, Any]:
        from include.fusion.wiring.fhir_names import TempoReal

        return asyncio.run(
            TempoReal(
                plataforma.engine,
                plataforma.cliente,
                self.dono(context),
                permanencia=self.permanencia,
                duracao=self.duracao,
                ao_terminar=lambda tenant, resultado, segundos: publicar("push", tenant, numeros(resultado), segundos),
            ).executar()
        )
