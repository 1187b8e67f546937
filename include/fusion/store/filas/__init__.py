"""The queues: what is pending, in flight, delivered or refused. See ``fila.py``."""

from include.fusion.store.filas.fila import Fila
from include.fusion.store.filas.types import FilaItem, FilaRow, Operation, Outcome, OutcomeKind

__all__ = ["Fila", "FilaItem", "FilaRow", "Operation", "Outcome", "OutcomeKind"]
