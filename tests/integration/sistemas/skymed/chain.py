"""The surgical chain without Airflow: journal → pendency in Fusion → queue → booking in Fusion."""

from __future__ import annotations

import asyncio
import json
import secrets
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2

from include.fusion.change.result import ScanResult
from include.fusion.change.watcher import states
from include.fusion.delivery.loop import Delivery
from include.fusion.delivery.result import DeliveryResult
from include.fusion.model.content import Record, package
from include.fusion.wiring.names import Runtime
from sandbox.origens.base import Change
from sandbox.origens.mv.agenda import CHANGES, booked
from sandbox.origens.mv.hospital import Hospital
from sandbox.postgres import Postgres
from tests.harness import Harness

OWNER = "teste/run/processar#1|"


class Chain(Harness):
    """``runtime`` is Skymed's, ``service`` the Fusion Service's."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        super().__init__(postgres, folder, "skymed", atendimentos=20)
        self.service = self.build("fusion_service")

    def new_service(self) -> Runtime:
        """As after a task that was killed."""
        self.service = self.build("fusion_service")
        return self.service

    def mark(self) -> str:
        """A new booking at the source; its key."""
        return self._agenda(booked).chave

    def agenda(self, kind: str) -> str:
        """A change of some booking that is open: remarcada, cancelada, realizada or internada."""
        return self._agenda(next(f for f in CHANGES if f.__name__ == f"_{kind}")).chave

    def _agenda(self, do: Any) -> Change:
        con = psycopg2.connect(self.dsn["origem"])
        try:
            made: Change = do(Hospital(con, self.rng))
            con.commit()
        finally:
            con.close()
        return made

    def announce(self) -> DeliveryResult:
        """One run of Skymed."""
        self.load()
        return self.deliver("teste/run/importar_pendencias#1|")

    def sees_work(self) -> bool:
        """Whether Skymed's watcher would wake its DAG for what is at the source."""
        m = self.runtime
        return m.watcher().has_work(states(m.fusion, [m.target])[m.target].watermarks)

    def look_up(self) -> ScanResult:
        """One look of the service at Fusion."""
        return self.service.search().run()

    def processamento(self, look: bool = False, **options: Any) -> Delivery:
        """The service's delivery; with ``look`` it looks at Fusion again before it ends."""
        settings = self.service.integracao.delivery.model_copy(update={"permanencia": timedelta(0)})
        refill = (lambda _: self.look_up().enfileirados) if look else None
        return self.service.delivery(settings, self.client(), OWNER, self.service.routes(), refill=refill, **options)

    def process(self) -> DeliveryResult:
        """One run of the service: look, deliver, conclude."""
        self.look_up()
        return self.processamento(look=True).run()

    def post(self, pendencia: Record) -> None:
        """Register a pendency as somebody else would."""

        async def send() -> None:
            async with self.client() as client:
                await client.send("POST", "/api/AplicacaoPendencia", package(pendencia)[0], key=secrets.token_hex(8))

        asyncio.run(send())

    def pendencias(self) -> list[dict[str, Any]]:
        """All pendencies that Fusion has, in the order in which they came."""
        return [body for (body,) in self.fusion("select corpo from registro where entidade = 'AplicacaoPendencia' order by id")]

    def open_rows(self) -> list[str]:
        return [p["idEntidade"] for p in self.pendencias() if "dataProcessamento" not in p]

    def agendamento(self, key: str) -> dict[str, Any]:
        """The booking as Fusion's API gives it."""
        request = urllib.request.Request(
            f"{self.server.url}/api/AgendaCirurgica/45/{key}", headers={"Authorization": f"Bearer {self.server.token}"}
        )
        with urllib.request.urlopen(request) as response:
            return dict(json.load(response))

    def applied(self, key: str) -> int:
        """How often Fusion applied this booking."""
        return len(self.fusion("select 1 from aplicacao where entidade = 'agenda_cirurgica' and codigo = %s", key))

    def journal(self) -> int:
        return int(self.origem("select count(*) from fusion_integracao.atualizacaoagendacirurgia")[0][0])
