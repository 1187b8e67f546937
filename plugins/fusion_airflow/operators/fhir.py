"""FHIR operators: tenants with work, push, real-time push, pull. XCom and logs have counts and reasons only."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from fusion_airflow.hooks.platform import PLATFORM_CONN_ID, Platform
from fusion_airflow.operators.base import HubOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.fusion.fhir.http.client import FhirClient


class FhirOperator(HubOperator):
    """Opens the platform's database for one task; ``plataforma_conn_id``: its Airflow connection."""

    ui_color = "#e8f8ee"

    def __init__(self, *, plataforma_conn_id: str = PLATFORM_CONN_ID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plataforma_conn_id = plataforma_conn_id

    def execute(self, context: Context) -> Any:
        platform = Platform(self.plataforma_conn_id, **self.session(context))
        try:
            return self.process(context, platform)
        finally:
            platform.close()

    def process(self, context: Context, platform: Platform) -> Any:
        """Do the task's work."""
        raise NotImplementedError


class TenantsFhirOperator(FhirOperator):
    """The tenants of a run, as keyword arguments of the mapped tasks: ``{"tenant": id, "nome": name}``.

    ``direcao``: push gives tenants with something to send, pull those that receive. With ``tenant`` in the form: only that one.
    """

    def __init__(self, *, direcao: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if direcao not in ("push", "pull"):
            raise ValueError("direcao must be push or pull")
        self.direction = direcao

    def process(self, context: Context, platform: Platform) -> list[dict[str, str]]:
        from include.fusion.fhir.platform.repository import tenants_of
        from include.fusion.fhir.push.due_tenants import clean, due_tenants

        clean(platform.engine)
        request = context["params"].get("tenant")
        manual = context["dag_run"].run_type == "manual"
        if request:
            found = [t for t in tenants_of(platform.engine, self.direction) if t[0] == request]
            if not found:
                raise AirflowSkipException("Tenant sem integração FHIR habilitada neste sentido")
        elif self.direction == "push" and context["params"].get("reenviar_erros"):
            found = tenants_of(platform.engine, "push")  # Dead letters are no due work.
        elif self.direction == "push":
            found = due_tenants(platform.engine, ("realtime", "hourly", *(["manual"] if manual else [])), transient=True)
        else:
            found = tenants_of(platform.engine, "pull", None if manual else ("realtime", "hourly"))
        self.log.info("%d tenants", len(found))
        return [{"tenant": tenant, "nome": name} for tenant, name in found]


class _PerTenant(FhirOperator):
    """``tenant`` by its configuration, or any server by ``fhir_conn_id`` (``tenant`` then only names the rows). ``nome``: shown in the UI."""

    template_fields: Sequence[str] = ("tenant", "nome", "fhir_conn_id")

    def __init__(self, *, tenant: str, nome: str = "", fhir_conn_id: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tenant = tenant
        self.nome = nome
        self.fhir_conn_id = fhir_conn_id

    def client(self, platform: Platform) -> FhirClient:
        """By the stored configuration, or by ``fhir_conn_id``."""
        if self.fhir_conn_id is None:
            return platform.client(self.tenant)
        from fusion_airflow.hooks.fhir import FhirHook

        client = FhirHook(self.fhir_conn_id, plataforma_conn_id=self.plataforma_conn_id).get_conn()
        client.tenant_id = self.tenant
        return client

    def measured(self, direction: str, do: Callable[[], Any], result: Any) -> None:
        """Call ``do`` and publish ``result`` as Airflow metrics, also after a failure."""
        start = time.monotonic()
        try:
            do()
        finally:
            publish(direction, self.tenant, numbers(result), time.monotonic() - start)

    def contagens(self, result: Any) -> dict[str, Any]:
        """Numbers, and the most common reasons."""
        return numbers(result) | {"motivos": self.motivos(result)}


def publish(direction: str, tenant: str, counts: dict[str, int], seconds: float) -> None:
    """Airflow metrics (StatsD, OpenTelemetry) with the tenant as tag: ``fhir.<push|pull>.<count>``, and ``….duration`` in milliseconds."""
    from airflow.sdk.observability.stats import Stats

    tags = {"tenant": tenant}
    for name, count in counts.items():
        if count:
            Stats.incr(f"fhir.{direction}.{name}", count, tags=tags)
    Stats.timing(f"fhir.{direction}.duration", seconds * 1000, tags=tags)


def numbers(result: Any) -> dict[str, int]:
    """Counts of a push or pull."""
    return {k: v for k, v in vars(result).items() if isinstance(v, int)}


class FhirPushOperator(_PerTenant):
    """Sends a tenant's unsynced observations until none is due; with ``observacao`` or ``paciente`` in the form, only that record.

    A refused record goes to the dead letter and the task stays green. It fails when the server is down, refuses the credentials, or refuses
    nearly everything; a later try resends its dead letters.
    """

    def process(self, context: Context, platform: Platform) -> dict[str, Any]:
        from include.fusion.wiring.fhir_names import FhirPush, resend_transient_failures

        params = context["params"]
        if paciente := params.get("paciente"):
            return self._paciente(platform, paciente)
        outgoing = FhirPush(platform.engine, self.client(platform), self.row_owner(context), stop=lambda: self._switched_off(platform))
        self.resume(context, outgoing.fila)
        observation = params.get("observacao")
        if params.get("reenviar_erros"):
            outgoing.fila.reenviar_erros()
        elif not observation:
            resend_transient_failures(platform.engine, self.tenant)
        self.measured("push", lambda: asyncio.run(outgoing.run([observation] if observation else None)), outgoing.result)
        return self.contagens(outgoing.result)

    def _switched_off(self, platform: Platform) -> bool:
        """Whether somebody switched it off meanwhile: then the present batch is the last."""
        return self.fhir_conn_id is None and not platform.configurations.obtain(self.tenant).config.sends

    def _paciente(self, platform: Platform, paciente_id: str) -> dict[str, Any]:
        from include.fusion.fhir.platform.repository import Repository
        from include.fusion.fhir.push.patients import EhrPatients

        repository = Repository(platform.engine, self.tenant)
        person = repository.person(paciente_id)
        if person is None:
            raise AirflowSkipException("Paciente inexistente neste tenant")

        async def synchronise() -> None:
            async with self.client(platform) as client:
                await EhrPatients(repository, client).synchronise(person)

        asyncio.run(synchronise())
        return {"pacientes": 1}


class FhirPullOperator(_PerTenant):
    """Pulls the observations of a tenant's patients; with ``paciente`` in the form those of one, with ``recusadas`` the refused ones.

    A refused observation goes to the dead letter and the task stays green.
    """

    def process(self, context: Context, platform: Platform) -> dict[str, Any]:
        from include.fusion.fhir.pull.pull import Pull

        params = context["params"]
        search = Pull(platform.engine, self.client(platform), self.row_owner(context))
        if context["ti"].try_number > 1:
            search.dead_letter.reclaim(self.prefix(context))
        dead_letter = params.get("recusadas")
        if dead_letter == "todas":
            search.dead_letter.reenviar_erros()
        pacientes = None
        if paciente_id := params.get("paciente"):
            person = search.repository.person(paciente_id)
            if person is None or person.ehr_id is None:
                raise AirflowSkipException("Paciente inexistente neste tenant, ou ainda sem ehrPatientId")
            pacientes = [(paciente_id, person.ehr_id)]
        self.measured("pull", lambda: asyncio.run(search.run(pacientes, only_dead_letter=bool(dead_letter))), search.result)
        return self.contagens(search.result)


class FhirRealtimeOperator(FhirOperator):
    """Serves all ``realtime`` tenants at once and stays on duty while observations come.

    ``linger``: seconds on an idle platform (``FUSION_FHIR_PERMANENCIA``); ``duration``: seconds until the next run takes over. A failure
    of one tenant goes to its ``last_error`` and pauses only that tenant; the task stays green.
    """

    def __init__(self, *, linger: float | None = None, duration: float = 600.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.linger = float(os.environ.get("FUSION_FHIR_PERMANENCIA", "30")) if linger is None else linger
        self.duration = duration

    def process(self, context: Context, platform: Platform) -> dict[str, Any]:
        from include.fusion.wiring.fhir_names import Realtime

        return asyncio.run(
            Realtime(
                platform.engine,
                platform.client,
                self.row_owner(context),
                linger=self.linger,
                duration=self.duration,
                on_end=lambda tenant, result, seconds: publish("push", tenant, numbers(result), seconds),
            ).run()
        )
