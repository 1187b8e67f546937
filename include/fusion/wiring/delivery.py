"""The runtime: what finds a run's work, and what delivers it: reader, ledger, the route of each queue, the loop with its limits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote

from include.fusion.delivery.batch import Batches
from include.fusion.delivery.loop import Delivery
from include.fusion.delivery.outbox import Outbox
from include.fusion.delivery.result import DeliveryResult
from include.fusion.delivery.route import Destination, Route
from include.fusion.delivery.sender import Sender
from include.fusion.delivery.work import DeliveryParameters
from include.fusion.reading.reader import Builder, Reader
from include.fusion.reading.spec import QueueProcess
from include.fusion.settings import Integracao
from include.fusion.settings.sections import CargaInicial, DeliverySettings, Importacao, PendenciaBusca, Processamento
from include.fusion.store.filas.messages import OutboxFila
from include.fusion.store.ledger import Ledger
from include.fusion.store.unmapped_codes import add_unmapped
from include.fusion.wiring.runtime import CARGA_INICIAL
from include.fusion.wiring.search import SearchParts
from include.fusion.wiring.systems import module_of

TURN_MAX = 5.0
"""Seconds for which one of several processes of a run delivers; then it is the next one's turn."""


def destination_of(integracao: Integracao, processo: QueueProcess, layout_id: int | None = None, number: int | None = None) -> Destination:
    """Where the records of a process go: to its JSON layout, or without one to the controller of their kind.

    ``number``: IntegracaoID of the process; default: the entry's.
    """
    number, routes = number or integracao.integracao_id, integracao.rotas
    path = routes.of(processo.entidade)

    def cancel(key: str) -> str:
        return f"{path}/{number}/{quote(key, safe='')}"

    if layout_id is not None:
        return Destination(
            routes.of_layout(layout_id), lambda body: {"integracaoId": number, "versaoLayout": "1.0", "registro": body}, cancel
        )
    if processo.body is None:
        return Destination(path, lambda body: body, cancel)
    return Destination(path, lambda body: {"integracaoId": number, processo.body or processo.entidade: body}, cancel)


class Runtime(SearchParts):
    """Puts one run together from its settings."""

    def reader_for(self, entity: str) -> Reader:
        return Reader(self.queries, self.sistema.make_context(self.integracao, self.depara), entity)

    @cached_property
    def reader(self) -> Reader | Builder:
        """Reads the system's main kind of record."""
        build = self.sistema.processos[0].build
        if build is not None:
            return Builder(lambda key: build(key, self.integracao))
        return self.reader_for(self.sistema.entidade)

    def via(self, processo: str = "") -> Route:
        """Route of one process: its queue and how its records reach Fusion."""
        p = self.sistema.processos[0] if processo in ("", CARGA_INICIAL) else self.sistema.processo(processo)
        if p.messages:
            outbox = self._outbox(p.nome)
            return Route(outbox.fila, outbox, outbox.read_bytes, Destination("", lambda body: body, str))
        number, layout_id = self.numero(p.nome), self.integracao.delivery_of(p.nome).own_layout
        if processo == CARGA_INICIAL:
            initial = CargaInicial.of(self.integracao.initial_load)
            number, layout_id = initial.integracao_id or number, initial.layout_id or layout_id
        principal = p.entidade == self.sistema.entidade
        reader = self.reader if principal else self.reader_for(p.entidade)
        return Route(
            self.fila(processo),
            Ledger(self.fusion, number, p.entidade),
            lambda records: reader.read([r.chave for r in records]),
            destination_of(self.integracao, p, layout_id, number),
            always=p.build is not None,
            cancel_absent=p.cancel_absent,
        )

    def via_inicial(self) -> Route:
        """Route of the initial load."""
        return self.via(CARGA_INICIAL)

    def routes(self) -> list[Route]:
        """Routes of live traffic: of every process that is switched on and delivers."""
        return [self.via(p.nome) for p in self.sistema.processos if not p.prepares and self.integracao.delivery_of(p.nome).habilitado]

    def _outbox(self, processo: str) -> Outbox:
        fila = self.fila(processo)
        assert isinstance(fila, OutboxFila)
        return Outbox(fila)

    def nothing_prepared(self) -> Any:
        """The counts of a preparation before it begins: zeros."""
        return module_of(self.integracao, "prepare").PreparationResult()

    def prepare_hl7_pendencias(self, owner: str) -> Any:
        """Make messages of the patients that wait in the queue of the preparation."""
        prepares = next(p for p in self.sistema.processos if p.prepares)
        settings = PendenciaBusca.of(self.integracao.delivery_of(prepares.nome))
        if not settings.habilitado:
            return self.nothing_prepared()
        reader: Any = self.reader
        outbox = self._outbox(next(p.nome for p in self.sistema.processos if p.messages))
        ledger = Ledger(self.fusion, self.integracao.integracao_id, "mensagem")
        preparation = module_of(self.integracao, "prepare").Preparer(
            self.fila(prepares.nome), reader.read, outbox, ledger, self.fusion, owner, settings.max_records
        )
        return asyncio.run(Delivery(preparation).drain())

    def record_unmapped(self) -> None:
        """Keep for the report the codes that De/Para did not know."""
        with self.fusion.begin() as con:
            add_unmapped(con, self.integracao.integracao_id, self.depara.unmapped)

    def delivery(
        self, settings: DeliverySettings, client: Any, owner: str, routes: Sequence[Route], **options: Any
    ) -> Delivery[DeliveryResult]:
        """Delivery of some queues."""
        sender = Sender(client, parameters(settings, self.integracao.search.intervalo_vigia))
        return Delivery(Batches(self.fusion, routes, sender, owner), **options)


def parameters(settings: DeliverySettings, watch_interval: timedelta) -> DeliveryParameters:
    """Settings of a process as the delivery loop takes them; times in seconds."""
    common = {name: getattr(settings, name) for name in DeliverySettings.model_fields if name != "habilitado"}
    in_seconds: dict[str, Any] = {name: v.total_seconds() if isinstance(v, timedelta) else v for name, v in common.items()}
    parameters = DeliveryParameters(
        **in_seconds, intervalo_vigia=watch_interval.total_seconds(), until_empty=isinstance(settings, CargaInicial)
    )
    if isinstance(settings, Processamento):
        parameters = replace(parameters, duration_max=TURN_MAX)
    if isinstance(settings, Importacao):
        parameters = replace(parameters, max_per_cycle=settings.max_records, cycle_interval=settings.intervalo.total_seconds())
    return parameters
