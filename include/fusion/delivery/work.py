"""What the loop is given to do: queues, and how a batch of their rows is read, sent and settled."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence, Sized
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, Protocol, TypeVar

from include.fusion.store.filas import Fila, Registro


@dataclass(frozen=True)
class Parametros:
    """Limits of one delivery. Times in seconds; ``permanencia`` is how long an empty queue is watched before the task ends.

    ``duracao_max``: it ends after this long even while something is queued, since other steps of the run wait. ``ate_esvaziar``: it does
    not end while a row waits, for its next try or behind another queue's row of its patient: nobody else would ever come for it.
    ``lanes``: batches under way at once. ``stop_at_share``: too large a share of refusals ends it at once, not only turns its end red.
    """

    lote: int = 200
    concorrencia: int = 32
    max_por_ciclo: int = 5000
    intervalo_ciclo: float = 5.0
    permanencia: float = 5.0
    permanencia_max: float = 120.0
    duracao_max: float = math.inf
    ate_esvaziar: bool = False
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

    def conferir(self, parcela_max: float, minimo: int) -> None:
        """Raise ``MuitosErros`` when more than ``parcela_max`` (0 to 1) of at least ``minimo`` records was refused."""


L = TypeVar("L", bound=Sized)
R = TypeVar("R", bound=Result)


class Work(ABC, Generic[L, R]):
    """Work on ``filas`` on behalf of ``dono``. Methods block, so each runs in a thread; only ``enviar`` runs on the event loop.

    ``cliente`` is open while the loop runs. ``fora_do_ar`` is set once the receiver counts as down: the loop ends with it, after what came of
    the batch was written.
    """

    fora_do_ar: Exception | None = None

    def __init__(self, filas: Sequence[Fila], dono: str, p: Parametros, cliente: AbstractAsyncContextManager[Any], resultado: R) -> None:
        self.filas = filas
        self.dono = dono
        self.p = p
        self.prazo = timedelta(seconds=p.prazo_reserva)
        self.cliente = cliente
        self.resultado = resultado

    @abstractmethod
    def preparar(self, quantos: int) -> L | None:
        """Reserve at most ``quantos`` rows, read and map them; their number is its length. ``None`` when no queue has anything."""

    async def enviar(self, lote: L) -> None:
        """Find out what becomes of every record, where one has to leave; never raises for one record's fault."""

    @abstractmethod
    def gravar(self, lote: L) -> None:
        """Outcomes and what goes with them in one transaction; rows that another worker took over meanwhile are left to it."""

    def found(self, novos: int) -> None:
        """So many were queued by a look while the loop ran."""

    def renovar(self) -> None:
        """Keep the lease of what is reserved."""
        for fila in self.filas:
            fila.renovar(self.dono, self.prazo)

    def devolver(self) -> None:
        """Give back what is still reserved."""
        for fila in self.filas:
            fila.recuperar(self.dono)

    def tem_prontos(self) -> bool:
        return any(fila.tem_prontos() for fila in self.filas)

    def tem_abertas(self) -> bool:
        return any(fila.tem_abertas() for fila in self.filas)

    def interrompido(self, registro: Registro) -> str | None:
        """Why a record is not tried any more: tries are only so many when leases ran out, and one that ends its workers must not go on so."""
        return f"processamento interrompido {registro.tentativas} vezes" if registro.tentativas >= self.p.tentativas_max else None
