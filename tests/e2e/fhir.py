"""FHIR on the running stack: the sandbox's tenants, their EHR, and whether both sides say the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from sandbox.fusion.__main__ import pedir_falhas
from sandbox.origens import plataforma
from sandbox.origens.plataforma.ehr import ServidorEhr
from sandbox.report.base import Relatorio
from sandbox.report.fhir import PULL, PUSH, somar
from sandbox.stack import airflow_api
from sandbox.stack.ambiente import USUARIO_UI
from tests.e2e.hub import FIM, Hub

TEMPO_REAL = "fhir_push_tempo_real"
TAREFAS = {PUSH: ("tenants", "enviar"), TEMPO_REAL: ("enviar",), PULL: ("tenants", "buscar")}


class Fhir:
    """``real`` and ``outro_real`` send at once, ``horario`` every hour."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.segredo = hub.estado.segredos["segredo_fhir"]
        self.ehr = ServidorEhr(hub.estado.url_fhir, self.segredo)
        linhas = hub.sql("plataforma", "select tenant_id, sync_frequency as f from fhir_integration_configs order by tenant_id")
        self.real, self.outro_real = (x["tenant_id"] for x in linhas if x["f"] == "realtime")
        [self.horario] = (x["tenant_id"] for x in linhas if x["f"] == "hourly")

    def observar(self, tenant: str, quantas: int = 1) -> list[str]:
        con = psycopg2.connect(self.hub.url("plataforma"))
        ids = [plataforma.observar(con, self.hub.rng, tenant) for _ in range(quantas)]
        con.commit()
        con.close()
        return ids

    def enviadas(self, ids: list[str]) -> bool:
        sql = 'select count(*) from observations where "syncedToEHR" and "fhirResourceId" is not null and id = any(%s)'
        return bool(self.hub.um("plataforma", sql, ids) == len(ids))

    def paciente(self, tenant: str) -> str:
        sql = 'select "ehrPatientId" from patients where "ehrPatientId" is not null and "tenantId" = %s order by id limit 1'
        return str(self.hub.um("plataforma", sql, tenant))

    def pedir(self, metodo: str, rota: str, corpo: dict[str, Any] | None = None) -> dict[str, Any]:
        """One call to our own API as the administrator."""
        login = {"username": USUARIO_UI, "password": self.hub.estado.segredos["senha_ui"]}
        token = str(airflow_api.pedir(self.hub.estado, "POST", "/auth/token", login)["access_token"])
        return airflow_api.pedir(self.hub.estado, metodo, f"/api/v1/fhir{rota}", corpo, token)

    @contextmanager
    def configurado(self, tenant: str, volta: dict[str, Any], **mudancas: Any) -> Iterator[None]:
        """A tenant's configuration is another one while the block runs; ``volta`` is laid over it at the end."""
        self.pedir("PUT", f"/config?tenant={tenant}&mesmoServidor=true", mudancas)
        try:
            yield
        finally:
            self.pedir("PUT", f"/config?tenant={tenant}&mesmoServidor=true", volta)

    @contextmanager
    def falhas(self, **falhas: Any) -> Iterator[None]:
        """The FHIR server misbehaves while the block runs (fields of sandbox.fhir.falhas.Falhas)."""
        raiz = self.hub.estado.url_fhir.removesuffix("/fhir")
        pedir_falhas(raiz, self.segredo, "PUT", falhas)
        try:
            yield
        finally:
            pedir_falhas(raiz, self.segredo, "DELETE")

    def relatorio(self) -> Relatorio:
        """Both lines of the demo's table."""
        hub, feito = self.hub, Relatorio()
        urls = {"plataforma": hub.url("plataforma"), "simulador": hub.url("simulador")}
        somar(feito, urls | {"ehr": hub.estado.url_fhir.replace("://", f"://:{self.segredo}@", 1)})
        return feito

    def diferencas(self, *linhas: str) -> list[str]:
        """What the report would say is missing, doubled or pending."""
        relatorio = self.relatorio()
        relatorio.integrations = {nome: relatorio.integrations[nome] for nome in linhas or (PUSH, PULL)}
        return [] if relatorio.ok else [relatorio.verdict]

    def reconciliar(self, *linhas: str) -> None:
        """In the end no run is under way and both sides say the same."""
        self.hub.esperar(lambda: self.parado() and not self.diferencas(*linhas), "FHIR is not reconciled")

    def parado(self) -> bool:
        return all(r["state"] in FIM for dag in TAREFAS for r in self.hub.runs(dag))

    def retrato(self) -> str:
        """Versions of all that the EHR holds, and the platform's observations: what a cleared task must leave as it is."""
        versoes = sorted((r["id"], r["meta"]["versionId"]) for r in self.ehr.observacoes())
        return f"{versoes} {self.hub.um('plataforma', 'select md5(string_agg(md5(o::text), %s order by id)) from observations o', '')}"
