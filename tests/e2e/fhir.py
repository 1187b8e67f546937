"""FHIR on the running stack: the sandbox's tenants, their EHR, and whether both sides say the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from sandbox.fusion.__main__ import ask_faults
from sandbox.origens import plataforma
from sandbox.origens.plataforma.ehr import EhrServer
from sandbox.report.base import Report
from sandbox.report.fhir import PULL, PUSH, add
from sandbox.stack import airflow_api
from sandbox.stack.ambiente import UI_USER
from tests.e2e.hub import END, Hub

REALTIME = "fhir_push_tempo_real"
TASKS = {PUSH: ("tenants", "enviar"), REALTIME: ("enviar",), PULL: ("tenants", "buscar")}


class Fhir:
    """``real`` and ``other_real`` send at once, ``time_of_day`` every hour."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.secret = hub.estado.secrets["segredo_fhir"]
        self.ehr = EhrServer(hub.estado.url_fhir, self.secret)
        rows = hub.sql("plataforma", "select tenant_id, sync_frequency as f from fhir_integration_configs order by tenant_id")
        self.real, self.other_real = (x["tenant_id"] for x in rows if x["f"] == "realtime")
        [self.time_of_day] = (x["tenant_id"] for x in rows if x["f"] == "hourly")

    def observe(self, tenant: str, count: int = 1) -> list[str]:
        con = psycopg2.connect(self.hub.url("plataforma"))
        ids = [plataforma.observe(con, self.hub.rng, tenant) for _ in range(count)]
        con.commit()
        con.close()
        return ids

    def sent(self, ids: list[str]) -> bool:
        sql = 'select count(*) from observations where "syncedToEHR" and "fhirResourceId" is not null and id = any(%s)'
        return bool(self.hub.one("plataforma", sql, ids) == len(ids))

    def paciente(self, tenant: str) -> str:
        sql = 'select "ehrPatientId" from patients where "ehrPatientId" is not null and "tenantId" = %s order by id limit 1'
        return str(self.hub.one("plataforma", sql, tenant))

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One call to our own API as the administrator."""
        login = {"username": UI_USER, "password": self.hub.estado.secrets["senha_ui"]}
        token = str(airflow_api.ask(self.hub.estado, "POST", "/auth/token", login)["access_token"])
        return airflow_api.ask(self.hub.estado, method, f"/api/v1/fhir{path}", body, token)

    @contextmanager
    def configured(self, tenant: str, back: dict[str, Any], **changes: Any) -> Iterator[None]:
        """A tenant's configuration is another one while the block runs; ``back`` is laid over it at the end."""
        self.ask("PUT", f"/config?tenant={tenant}&mesmoServidor=true", changes)
        try:
            yield
        finally:
            self.ask("PUT", f"/config?tenant={tenant}&mesmoServidor=true", back)

    @contextmanager
    def falhas(self, **failures: Any) -> Iterator[None]:
        """The FHIR server misbehaves while the block runs (fields of sandbox.fhir.falhas.Falhas)."""
        root = self.hub.estado.url_fhir.removesuffix("/fhir")
        ask_faults(root, self.secret, "PUT", failures)
        try:
            yield
        finally:
            ask_faults(root, self.secret, "DELETE")

    def report(self) -> Report:
        """Both lines of the demo's table."""
        hub, done = self.hub, Report()
        urls = {"plataforma": hub.url("plataforma"), "simulador": hub.url("simulador")}
        add(done, urls | {"ehr": hub.estado.url_fhir.replace("://", f"://:{self.secret}@", 1)})
        return done

    def differences(self, *rows: str) -> list[str]:
        """What the report would say is missing, doubled or pending."""
        report = self.report()
        report.integrations = {name: report.integrations[name] for name in rows or (PUSH, PULL)}
        return [] if report.ok else [report.verdict]

    def reconcile(self, *rows: str) -> None:
        """In the end no run is under way and both sides say the same."""
        self.hub.wait(lambda: self.standstill() and not self.differences(*rows), "FHIR is not reconciled")

    def standstill(self) -> bool:
        return all(r["state"] in END for dag in TASKS for r in self.hub.runs(dag))

    def snapshot(self) -> str:
        """Versions of all that the EHR holds, and the platform's observations: what a cleared task must leave as it is."""
        versions = sorted((r["id"], r["meta"]["versionId"]) for r in self.ehr.observacoes())
        return f"{versions} {self.hub.one('plataforma', 'select md5(string_agg(md5(o::text), %s order by id)) from observations o', '')}"
