"""The queues: what is pending, in flight, delivered or refused. See ``fila.py``."""

from include.fusion.store.filas.fila import Fila
from include.fusion.store.filas.types import Desfecho, ItemFila, Operacao, Registro, Resultado

__all__ = ["Desfecho", "Fila", "ItemFila", "Operacao", "Registro", "Resultado"]
