"""One queue and the way of its records into Fusion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from include.fusion.reading.reader import Lido, Pronto
from include.fusion.store.filas import Fila, Registro
from include.fusion.store.ledger import Livro, SemLivro


@dataclass(frozen=True)
class Destino:
    """How records are sent: ``envelopar`` wraps a body (JSON text that goes in as it is) as its route expects, ``cancelar`` is the
    route of a deletion."""

    rota: str
    envelopar: Callable[[Any], Any]
    cancelar: Callable[[str], str]


@dataclass(frozen=True)
class Via:
    """One queue and how its records get to Fusion: ``ler`` reads and maps by key, ``livro`` keeps what was delivered of their kind.

    ``sempre``: sent even when its content is the last one delivered (a record that only says that something happened).
    ``cancelar_ausentes``: what the source no longer has is cancelled in Fusion (nothing else will ever say that it went).
    """

    fila: Fila
    livro: Livro | SemLivro
    ler: Callable[[Sequence[Registro]], Mapping[str, Lido | Pronto]]
    destino: Destino
    sempre: bool = False
    cancelar_ausentes: bool = False
