"""What the loop is given to do: queues, and how a batch of their rows is read, sent and settled."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence, Sized
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, Protocol, TypeVar

from include.fusion.store.filas import Fila, FilaRow


@dataclass(frozen=True)
class DeliveryParameters:
    """Limits of one delivery. Times in seconds; ``permanencia`` is how long an empty queue is watched before the task ends.

    ``duration_max``: it ends after this long even while something is queued, since other steps of the run wait. ``until_empty``: it does
    not end while a row waits, for its next try or behind another queue's row of its patient: nobody else would ever come for it.
    ``lanes``: batches under way at once. ``stop_at_share``: too large a share of refusals ends it at once, not only turns its end red.
    """

    lote: int = 200
    concorrencia: int = 32
    max_per_cycle: int = 5000
    cycle_interval: float = 5.0
    permanencia: float = 5.0
    linger_max: float = 120.0
    duration_max: float = math.inf
    until_empty: bool = False
    intervalo_vigia: float = 0.5
    prazo_reserva: float = 120.0
    tentativas_max: int = 8
    espera_inicial: float = 2.0
    espera_max: float = 300.0
    parcela_erro_max: float = 0.5
    minimo_para_parcela: int = 20
    lanes: int = 2
    stop_at_share: bool = False


class Result(Protocol):
    """Counts of what was settled."""

    def check(self, share_max: float, minimum: int) -> None:
        """Raise ``TooManyErrors`` when more than ``share_max`` (0 to 1) of at least ``minimum`` records was refused."""


L = TypeVar("L", bound=Sized)
R = TypeVar("R", bound=Result)


class Work(ABC, Generic[L, R]):
    """Work on ``filas`` on behalf of ``owner``. Methods block, so each runs in a thread; only ``send`` runs on the event loop.

    ``client`` is open while the loop runs. ``down`` is set once the receiver counts as down: the loop ends with it, after what came of
    the batch was written.
    """

    down: Exception | None = None

    def __init__(
        self, filas: Sequence[Fila], owner: str, p: DeliveryParameters, client: AbstractAsyncContextManager[Any], result: R
    ) -> None:
        self.filas = filas
        self.owner = owner
        self.p = p
        self.lease = timedelta(seconds=p.prazo_reserva)
        self.client = client
        self.result = result

    @abstractmethod
    def prepare(self, count: int) -> L | None:
        """Reserve at most ``count`` rows, read and map them; their number is its length. ``None`` when no queue has anything."""

    async def send(self, batch: L) -> None:
        """Find out what becomes of every record, where one has to leave; never raises for one record's fault."""

    @abstractmethod
    def write(self, batch: L) -> None:
        """Outcomes and what goes with them in one transaction; rows that another worker took over meanwhile are left to it."""

    def found(self, new: int) -> None:
        """So many were queued by a look while the loop ran."""

    def renew(self) -> None:
        """Keep the lease of what is reserved."""
        for fila in self.filas:
            fila.renew(self.owner, self.lease)

    def release(self) -> None:
        """Give back what is still reserved."""
        for fila in self.filas:
            fila.reclaim(self.owner)

    def has_ready(self) -> bool:
        return any(fila.has_ready() for fila in self.filas)

    def has_open(self) -> bool:
        return any(fila.has_open() for fila in self.filas)

    def interrompido(self, record: FilaRow) -> str | None:
        """Why a record is not tried any more: tries are only so many when leases ran out, and one that ends its workers must not go on so."""
        return f"processamento interrompido {record.tentativas} vezes" if record.tentativas >= self.p.tentativas_max else None
