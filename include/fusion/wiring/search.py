"""Parts of a search: the load of what changed, the initial load, the looks for work, and what the watcher asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from include.fusion.change.initial_load import InitialLoad
from include.fusion.change.pendencies import Pendencias
from include.fusion.change.search import Search
from include.fusion.change.version_scan import VersionScan
from include.fusion.change.watch_plan import SourceWatch
from include.fusion.change.watcher import Target, is_due
from include.fusion.change.watermark_scan import WatermarkScan
from include.fusion.reading.sql import SystemQueries
from include.fusion.settings.sections import BuscaPendencias, CargaInicial, SearchSettings
from include.fusion.store.filas import Fila
from include.fusion.store.lists import chunks
from include.fusion.store.watermarks import LAST_RUN, Watermark, Watermarks
from include.fusion.wiring.runtime import CARGA_INICIAL, RuntimeParts
from include.fusion.wiring.systems import PRESENCE, SEARCH, module_of, system_of
from include.fusion.wiring.watch import queues, source_plan


class SearchParts(RuntimeParts):
    """What finds a run's work."""

    @property
    def _enqueues(self) -> tuple[SystemQueries, Any, Callable[[str], Fila], Watermarks]:
        """What every search reads and writes: the source's statements, the database, its queues and watermarks."""
        return self.queries, self.fusion, self.fila, self.watermarks()

    def carga(self, step: str | None = None) -> WatermarkScan:
        """Load of what changed."""
        search = self.integracao.search_of(step or "")
        return WatermarkScan(
            *self._enqueues,
            zone=self.integracao.zone,
            overlap=search.sobreposicao,
            page=search.pagina,
            without_watermark="tudo" if self.integracao.from_the_start else "agora",
            step=step,
        )

    def search(self, step: str | None = None, after: Callable[[], int] | None = None) -> Search | Pendencias:
        """One look for work: of one search step, or of all. ``after`` runs at its end; what it queues counts too."""
        if self.sistema.serves_pendencias:
            return self.pendencias()
        search = self.integracao.search_of(step or "")
        return Search(
            *self._enqueues,
            self.carga(step),
            page=search.pagina,
            sweep_every=lambda processo: self.integracao.delivery_of(processo).interval or timedelta(0),
            step=step,
            number=self.numero,
            snapshots=self._snapshots(search, step) if self.sistema.snapshots else None,
            after=after,
        )

    def _snapshots(self, search: SearchSettings, step: str | None) -> VersionScan:
        return VersionScan(*self._enqueues, delivered=self.ledger.delivered_since, page=search.pagina, step=step, loss_max=search.max_loss)

    def pendencias(self) -> Pendencias:
        """Reads what applications of Fusion have pending for this installation."""
        if self.api is None:
            raise ValueError("this step asks Fusion's API: it needs a client")
        search = BuscaPendencias.of(self.integracao.search)
        return Pendencias(
            self.fusion,
            self.fila(),
            self.watermarks(),
            self.api(Pendencias.CONNECTIONS),
            path=self.integracao.rotas.aplicacao_pendencia,
            application=search.aplicacao,
            served=search.atende,
            page=search.pagina,
            patients=self._patients,
        )

    def _patients(self, keys: Sequence[str]) -> dict[str, str]:
        """The patient of each of these records, where the source has it."""
        found: dict[str, str] = {}
        with self.origem.connect() as con:
            for part in chunks(self._native(keys)):
                rows = self.queries.rows(con, "read_pacientes.sql", chaves=part)
                found.update((str(row["chave"]), str(row["chave_paciente"] or "")) for row in rows)
        return found

    def _native(self, keys: Sequence[str]) -> list[Any]:
        """These keys in the source's type; without those that it cannot have."""
        native = []
        for key in keys:
            with suppress(ValueError):
                native.append(self.sistema.key_type(key))
        return native

    def watcher(self, step: str | None = None) -> SourceWatch | Pendencias:
        """What asks the source whether anything is new."""
        if self.sistema.serves_pendencias:
            return self.pendencias()
        return SourceWatch(source_plan(self.integracao, self.sistema, step), self.origem, self.fusion, self.watermarks())

    @property
    def target(self) -> Target:
        """What a watcher asks about in the integration database."""
        asked = tuple((table, process) for table, process in queues(self.integracao, self.sistema))
        return Target(self.integracao.integracao_id, asked, PRESENCE, SEARCH)

    def forget_watermarks(self, step: str | None) -> None:
        """Compare every row again, in the origins of this step (``None``: of all) that are compared with a replica."""
        with self.fusion.begin() as con:
            # The whole system: a step that is switched off now must compare everything once it is switched on.
            for origin in system_of(self.integracao).origins:
                if origin.replica is not None and step in (None, origin.step):
                    self.watermarks().write(con, origin.nome, Watermark(None))
                    self.watermarks().prune(con, origin.nome, "9")

    def record_carga(self) -> None:
        """Note that the load ran: its interval counts from here."""
        with self.fusion.begin() as con:
            self.watermarks().done(con, LAST_RUN)

    def carga_is_due(self) -> bool:
        """Without a watcher on the source, the load runs by its own interval, counted from its last run."""
        with self.fusion.connect() as con:
            return is_due(self.watermarks().done_at(con, LAST_RUN), self.integracao.search_interval)

    @property
    def fila_inicial(self) -> Fila:
        """The queue of the initial load, behind live traffic."""
        return self.fila(CARGA_INICIAL)

    def carga_inicial(self, settings: CargaInicial) -> InitialLoad:
        """Queues the keys of every record."""
        watermarks = self.watermarks(CARGA_INICIAL)
        return InitialLoad(self.queries, self.fusion, self.fila_inicial, watermarks, page=settings.pagina, priority=settings.prioridade)

    def own_initial_load(self, page: int) -> Any:
        """The initial load of a system that has its own instead: it reads ``page`` rows of the source at a time."""
        return module_of(self.integracao, "initial_load").PatientInitialLoad(
            self.queries,
            self.fusion,
            self.watermarks(CARGA_INICIAL),
            page=page,
            now=lambda: datetime.now(self.integracao.zone).replace(tzinfo=None),
            on_conclusion=lambda: self.forget_watermarks(None),
        )
