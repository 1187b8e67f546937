"""One queue and the way of its records into Fusion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from include.fusion.reading.reader import ReadResult, Ready
from include.fusion.store.filas import Fila, FilaRow
from include.fusion.store.ledger import Ledger, NoLedger


@dataclass(frozen=True)
class Destination:
    """How records are sent: ``wrap`` wraps a body (JSON text that goes in as it is) as its route expects, ``cancel`` is the
    route of a deletion."""

    path: str
    wrap: Callable[[Any], Any]
    cancel: Callable[[str], str]


@dataclass(frozen=True)
class Route:
    """One queue and how its records get to Fusion: ``read`` reads and maps by key, ``ledger`` keeps what was delivered of their kind.

    ``always``: sent even when its content is the last one delivered (a record that only says that something happened).
    ``cancel_absent``: what the source no longer has is cancelled in Fusion (nothing else will ever say that it went).
    """

    fila: Fila
    ledger: Ledger | NoLedger
    read: Callable[[Sequence[FilaRow]], Mapping[str, ReadResult | Ready]]
    destination: Destination
    always: bool = False
    cancel_absent: bool = False
