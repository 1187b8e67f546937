"""The work of the delivery loop: queues, and how a batch of their rows is read, sent and written."""

from __future__ import annotations

import math
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence, Sized
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, Protocol, TypeVar

from include.fusion.delivery.hold import Hold
from include.fusion.store.filas import Fila, FilaRow


@dataclass(frozen=True)
class DeliveryParameters:
    """Limits of one delivery; times in seconds. ``permanencia``: how long it lingers on an empty queue before the task ends.

    ``duration_max``: it ends after this time even with rows in the queue, because other steps of the run wait. ``until_empty``: it does not
    end while a row waits for its next try or for another row of its patient, because no later run would take it. ``lanes``: batches in
    parallel. ``stall_leases``, ``stall_min``: without any progress for so many leases, and so many seconds, leases are renewed no more: others
    may take the rows; the seconds are more than any wait on purpose. ``bytes_max``: packaged records of one batch, by what those of late
    weighed. ``stop_at_share``: too many refusals end it at once; otherwise they only make the task fail at its end.
    """

    lote: int = 200
    bytes_max: int = 64 * 1024 * 1024
    concorrencia: int = 32
    max_per_cycle: int = 5000
    cycle_interval: float = 5.0
    permanencia: float = 5.0
    linger_max: float = 120.0
    duration_max: float = math.inf
    until_empty: bool = False
    intervalo_vigia: float = 0.5
    prazo_reserva: float = 120.0
    stall_leases: float = 3.0
    stall_min: float = 300.0
    tentativas_max: int = 8
    espera_inicial: float = 2.0
    espera_max: float = 300.0
    parcela_erro_max: float = 0.5
    minimo_para_parcela: int = 20
    lanes: int = 2
    stop_at_share: bool = False


class Result(Protocol):
    """Counts of what became of the rows."""

    def check(self, share_max: float, minimum: int) -> None:
        """Raise ``TooManyErrors`` when more than ``share_max`` (0 to 1) of at least ``minimum`` records was refused."""


class HeldBatch(Sized, Protocol):
    """What :meth:`Work.prepare` makes of the rows of one reservation."""

    @property
    def hold(self) -> Hold: ...


L = TypeVar("L", bound=HeldBatch)
R = TypeVar("R", bound=Result)


@dataclass(eq=False)
class Work(ABC, Generic[L, R]):
    """Work on ``filas`` for ``owner``. Only ``send`` runs on the event loop; the other methods block, so each runs in a thread.

    ``client`` is open while the loop runs. ``down`` is set when the receiver counts as down: the loop writes the outcomes of the batch, then
    raises it.
    """

    filas: Sequence[Fila]
    owner: str
    p: DeliveryParameters
    client: AbstractAsyncContextManager[Any]
    result: R
    down: Exception | None = field(default=None, init=False)
    _holds: list[tuple[Fila, Hold]] = field(default_factory=list, init=False)
    _renewal: threading.Lock = field(default_factory=threading.Lock, init=False)

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.p.prazo_reserva)

    @abstractmethod
    def prepare(self, count: int) -> L | None:
        """Reserve at most ``count`` rows, read and map them; ``len`` of the batch is their number. ``None`` when no queue has a row."""

    async def send(self, batch: L) -> None:
        """Send the records and note what became of each. The fault of one record must not raise."""

    @abstractmethod
    def write(self, batch: L) -> None:
        """Write all outcomes in one transaction, except those of rows that another worker took over meanwhile."""

    def found(self, new: int) -> None:
        """A look during the loop queued ``new`` rows."""

    def reserve(self, fila: Fila, count: int, *, keys: Sequence[str] | None = None) -> tuple[list[FilaRow], Hold]:
        """Reserve rows; :meth:`renew` keeps them until :meth:`let_go`."""
        since = time.monotonic()  # Before the database counts: what we think of a lease ends earlier than the lease.
        rows = fila.reserve(count, self.owner, self.lease, keys=keys)
        hold = Hold((row.id for row in rows), since, self.p.prazo_reserva)
        if rows:
            with self._renewal:
                self._holds.append((fila, hold))
        return rows, hold

    def let_go(self, batch: L) -> None:
        """Its outcomes are written: its rows need no renewal."""
        with self._renewal:
            self._holds = [(fila, hold) for fila, hold in self._holds if hold is not batch.hold]

    def renew(self) -> None:
        """Renew the lease of reserved rows, and learn which of them others have taken."""
        with self._renewal:
            holds = list(self._holds)  # A batch that is reserved from here on is not in the answers below.
        for fila in {fila for fila, _ in holds}:
            since = time.monotonic()
            held = fila.renew(self.owner, self.lease)
            for its, hold in holds:
                if its is fila:
                    hold.renewed(held, since)

    @property
    def moved_at(self) -> float:
        """When a request last left (monotonic seconds); 0 without a batch."""
        with self._renewal:
            return max((hold.moved_at for _, hold in self._holds), default=0.0)

    def release(self) -> None:
        """Give reserved rows back."""
        for fila in self.filas:
            fila.reclaim(self.owner)

    def has_ready(self) -> bool:
        return any(fila.has_ready() for fila in self.filas)

    def has_open(self) -> bool:
        return any(fila.has_open() for fila in self.filas)

    def interrompido(self, record: FilaRow) -> str | None:
        """Why a row is not tried again, or ``None``. It has too many tries only because leases ran out: the record may kill its workers."""
        return f"processamento interrompido {record.tentativas} vezes" if record.tentativas >= self.p.tentativas_max else None
