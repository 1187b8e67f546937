"""The queues: what is pending, in flight, delivered or refused. See ``fila.py``."""

from include.fusion.filas.fila import Fila
from include.fusion.filas.tipos import Desfecho, Filtro, ItemFila, Operacao, Registro, Resultado

__all__ = ["Desfecho", "Fila", "Filtro", "ItemFila", "Operacao", "Registro", "Resultado"]
