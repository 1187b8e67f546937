"""What every step of a run needs: its system, engines, queues and watermarks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from include.fusion.model.depara import DePara
from include.fusion.reading.spec import SystemSpec
from include.fusion.reading.sql import SystemQueries
from include.fusion.settings import Integracao
from include.fusion.store import presence
from include.fusion.store.baseline import read_baseline
from include.fusion.store.filas import Fila
from include.fusion.store.filas.messages import OutboxFila
from include.fusion.store.ledger import Ledger
from include.fusion.store.watermarks import Watermarks
from include.fusion.wiring.systems import PRESENCE, SEARCH, switched_on

CARGA_INICIAL = "carga_inicial"


@dataclass(eq=False)
class RuntimeParts:
    """Parts of one run, each made when first asked for; ``close`` gives the connections back.

    ``engine``: connection id → database engine. ``api``: number of parallel requests → client of Fusion; only steps that ask Fusion need it.
    """

    integracao: Integracao
    engine: Callable[[str], Any]
    api: Callable[[int], Any] | None = None

    @cached_property
    def sistema(self) -> SystemSpec:
        """Spec of the entry's system, without what is switched off."""
        return switched_on(self.integracao)

    @cached_property
    def fusion(self) -> Any:
        return self.engine(self.integracao.conexoes.database)

    @cached_property
    def origem(self) -> Any:
        return self.engine(self.integracao.conexoes.origem)

    @cached_property
    def queries(self) -> SystemQueries:
        return SystemQueries(self.origem, self.sistema, self.integracao.pasta_sql, self._readable_before)

    def _readable_before(self) -> dict[str, str]:
        with self.fusion.connect() as con:
            return read_baseline(con, self.integracao.integracao_id)

    @cached_property
    def depara(self) -> DePara:
        return DePara.load(self.integracao.id, self.integracao.sistema)

    def numero(self, processo: str) -> int:
        """IntegracaoID in Fusion under which the records of a process arrive."""
        return self.integracao.delivery_of(processo).own_code or self.integracao.integracao_id

    @cached_property
    def ledger(self) -> Ledger:
        """Ledger of the first process: a form's request goes to it."""
        return Ledger(self.fusion, self.numero(self.sistema.processos[0].nome), self.sistema.entidade)

    def fila(self, processo: str = "") -> Fila:
        """Queue of one process; without a name, of the system's first one. ``carga_inicial``: the queue of the initial load, behind live traffic."""
        if processo == CARGA_INICIAL:
            return Fila(self.fusion, self.integracao.integracao_id, processo, parked=self._parked("ImportacaoAtendimento"))
        p = self.sistema.processo(processo) if processo else self.sistema.processos[0]
        kind = OutboxFila if p.messages else Fila
        return kind(self.fusion, self.integracao.integracao_id, p.nome, p.table, self._parked(p.table))

    def _parked(self, table: str) -> tuple[str, ...]:
        own = (p for p in self.sistema.processos if p.table == table)
        return tuple(p.nome for p in own if not self.integracao.delivery_of(p.nome).habilitado)

    def requests_fila(self) -> Fila:
        """Queue of the patients that Fusion asks for; only some systems have it."""
        requests = self.sistema.requests
        assert requests is not None, f"{self.sistema.nome} has no queue of requests"
        return Fila(self.fusion, self.integracao.integracao_id, requests.nome, requests.table)

    def filas(self) -> list[Fila]:
        """All queues of live traffic whose process is switched on."""
        return [self.fila(p.nome) for p in self.sistema.processos if self.integracao.delivery_of(p.nome).habilitado]

    def watermarks(self, processo: str = SEARCH) -> Watermarks:
        return Watermarks(self.fusion, self.integracao.integracao_id, processo)

    def sign_on(self, present: bool = True) -> None:
        """Tell the watcher that a run of this integration is at work (the sign counts for some seconds), or no longer."""
        presence.sign(self.fusion, self.integracao.integracao_id, PRESENCE, present)

    def stay_on_duty(self, present: bool) -> None:
        """Like :meth:`sign_on`, for a step that others follow in the run: it signs on, never off."""
        if present:
            self.sign_on()

    def close(self) -> None:
        for name in ("fusion", "origem"):
            if name in self.__dict__:
                self.__dict__[name].dispose()
