"""What an engine must bring to hold a queue: the three statements that no portable SQL can say."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, literal_column

from include.fusion.store.filas.types import Desfecho, ItemFila, Registro
from include.fusion.store.locks import travar
from include.fusion.store.tables import lista_sql


@dataclass(frozen=True)
class Escopo:
    """The rows that one queue object speaks for.

    ``parados``: other processes of the table that are switched off. Nobody takes their rows, so they hold up no patient either.
    """

    tabela: Table
    integracao_id: int
    processo: str
    parados: tuple[str, ...] = ()

    def sem_parados(self, onde: str) -> str:
        """Condition ``onde`` (with ``{}`` for the list) on rows that may hold up a patient's; nothing where every process is on."""
        return f" AND {onde.format(lista_sql(self.parados))}" if self.parados else ""

    @property
    def binds(self) -> dict[str, Any]:
        return {"integracao_id": self.integracao_id, "processo": self.processo}

    def travar_entrada(self, con: Connection) -> None:
        """One enqueuing transaction per queue at a time: two that bring the same new keys in different order would deadlock."""
        travar(con, self.integracao_id, f"{self.tabela.name}:entrada:{self.processo}")

    def travar_reserva(self, con: Connection) -> None:
        """One reservation per integration and table at a time, so that no two of them pick rows of one patient."""
        travar(con, self.integracao_id, f"{self.tabela.name}:reserva")


COLUNAS = "id, chave, chave_paciente, operacao, prioridade, tentativas, criado_em"


def registros(linhas: Iterable[Any]) -> list[Registro]:
    """Rows of :data:`COLUNAS` in the order in which they are to be delivered."""
    # By hand rather than by a column type: this runs for every row that is ever delivered.
    lidos = [
        Registro(i, chave, paciente or "", operacao, prioridade, tentativas, em if em.tzinfo else em.replace(tzinfo=UTC))
        for i, chave, paciente, operacao, prioridade, tentativas, em in linhas
    ]
    return sorted(lidos, key=lambda r: (r.prioridade, r.id))


class Dialeto(ABC):
    """One engine. All methods run in the caller's transaction at READ COMMITTED."""

    nome: str

    @abstractmethod
    def enfileirar(self, con: Connection, escopo: Escopo, itens: Iterable[ItemFila]) -> int:
        """Coalesce and insert, after every item was read and checked; how many keys were queued."""

    @abstractmethod
    def reservar(
        self, con: Connection, escopo: Escopo, quantos: int, dono: str, prazo: float, chaves: Sequence[str] | None
    ) -> list[Registro]:
        """Reserve due rows, of all keys or of ``chaves``; the caller holds the reservation lock."""

    @abstractmethod
    def ha_pronto(self, con: Connection, escopo: Escopo) -> bool:
        """Whether some pending row could be reserved now; locks nothing and stops at the first."""

    @abstractmethod
    def registrar(self, con: Connection, escopo: Escopo, dono: str, desfechos: Sequence[Desfecho]) -> int:
        """Write outcomes of rows that ``dono`` still holds; how many those were."""

    @abstractmethod
    def comandos(self, tabela: Table) -> dict[str, str]:
        """The statements of this engine as text, by name, with named binds."""

    def condicoes(self, escopo: Escopo, situacoes: tuple[str, ...], *, processo: bool = True) -> list[ColumnElement[bool]]:
        """Rows of the scope (``processo=False``: of its whole integration) in ``situacoes``, said so that a partial index serves."""
        t = escopo.tabela.c
        dono = [t.integracao_id == escopo.integracao_id, *([t.processo == escopo.processo] if processo else [])]
        return [*dono, t.situacao.in_([literal_column(f"'{s}'") for s in situacoes])]

    def ids_travados(self, consulta: Select[int], *, pular: bool = False) -> Select[int]:
        """Rows to change in a set: where an engine can, locked in one order for everybody, so that two changes never deadlock.

        ``pular``: leave out rows that somebody else holds.
        """
        return consulta

    def escapar_prefixo(self, prefixo: str) -> str:
        """``prefixo`` for ``LIKE ... ESCAPE '/'``, without the final percent sign."""
        for especial in "/%_":
            prefixo = prefixo.replace(especial, f"/{especial}")
        return prefixo
