"""What the loop is given to do: queues, and how a batch of their rows is read, sent and settled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, Generic, Protocol, TypeVar

from include.fusion.store.filas import Fila, Registro


class Batch(Protocol):
    """Rows reserved together; ``reservados`` is how many."""

    @property
    def reservados(self) -> int: ...


L = TypeVar("L", bound=Batch)
R = TypeVar("R")


class Work(ABC, Generic[L, R]):
    """Work on ``filas`` on behalf of ``dono``. Methods block, so each runs in a thread; only ``enviar`` runs on the event loop.

    ``cliente`` is open while the loop runs. ``fora_do_ar`` is set once the receiver counts as down: the loop ends with it, after what came of
    the batch was written. ``resultado`` counts what was settled.
    """

    fora_do_ar: Exception | None = None

    def __init__(self, filas: Sequence[Fila], dono: str, prazo: timedelta, cliente: AbstractAsyncContextManager[Any], resultado: R) -> None:
        self.filas = filas
        self.dono = dono
        self.prazo = prazo
        self.cliente = cliente
        self.resultado = resultado

    @abstractmethod
    def preparar(self, quantos: int) -> L | None:
        """Reserve at most ``quantos`` rows, read and map them; ``None`` when no queue has anything."""

    @abstractmethod
    async def enviar(self, lote: L) -> None:
        """Find out what becomes of every record; never raises for one record's fault."""

    @abstractmethod
    def gravar(self, lote: L) -> None:
        """Outcomes and what goes with them in one transaction; rows that another worker took over meanwhile are left to it."""

    @abstractmethod
    def conferir(self, parcela_max: float, minimo: int) -> None:
        """Raise ``MuitosErros`` when more than ``parcela_max`` (0 to 1) of at least ``minimo`` records was refused."""

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


def interrupted(registro: Registro, tentativas_max: int) -> str | None:
    """Why a record is not tried any more, when it is not. Tries are only this many when leases ran out: one that ends its workers must not go
    on ending them."""
    return f"processamento interrompido {registro.tentativas} vezes" if registro.tentativas >= tentativas_max else None
