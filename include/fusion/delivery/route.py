"""A route: one queue, and the way of its records to Fusion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from include.fusion.reading.reader import ReadResult, Ready
from include.fusion.store.filas import Fila, FilaRow
from include.fusion.store.ledger import Ledger, NoLedger


@dataclass(frozen=True)
class Destination:
    """Where records are sent. ``wrap`` turns the JSON text of a record into the request's body; ``cancel`` returns the path that
    cancels a key."""

    path: str
    wrap: Callable[[Any], Any]
    cancel: Callable[[str], str]


@dataclass(frozen=True)
class Route:
    """One queue and its target: ``read`` reads and maps reserved rows, by key; ``ledger`` keeps what was delivered.

    ``always``: send unchanged content, too (the record only says that something happened). ``cancel_absent``: cancel a record in Fusion
    that the source no longer has (nothing else tells that it is gone).
    """

    fila: Fila
    ledger: Ledger | NoLedger
    read: Callable[[Sequence[FilaRow]], Mapping[str, ReadResult | Ready]]
    destination: Destination
    always: bool = False
    cancel_absent: bool = False
