"""The queues; see ``fila.py``."""

from include.fusion.store.filas.fila import Fila
from include.fusion.store.filas.types import FilaItem, FilaRow, Operation, Outcome

__all__ = ["Fila", "FilaItem", "FilaRow", "Operation", "Outcome"]
