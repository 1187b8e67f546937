"""What each engine writes in its own SQL: enqueue, reserve, record. What SQL Server and Oracle share of it is here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, literal_column, text

from include.fusion.store.clock import NOW, seconds_from_now
from include.fusion.store.filas.types import FilaItem, FilaRow, Keys, Outcome, blocks, cut_reason
from include.fusion.store.locks import lock
from include.fusion.store.tables import sql_list


@dataclass(frozen=True)
class QueueScope:
    """The rows that one queue object handles.

    ``parked``: other processes of the table that are switched off. Nobody takes their rows, so their rows hold up no patient.
    """

    table: Table
    integracao_id: int
    processo: str
    parked: tuple[str, ...] = ()

    def without_parked(self, where: str) -> str:
        """SQL condition on rows that may hold up a patient: ``where`` with the parked processes in its ``{}``; empty when there are none."""
        return f" AND {where.format(sql_list(self.parked))}" if self.parked else ""

    @property
    def binds(self) -> dict[str, Any]:
        return {"integracao_id": self.integracao_id, "processo": self.processo}

    def lock_entry(self, con: Connection) -> None:
        """Only one transaction enqueues into a queue at a time: two with the same new keys in different order would deadlock."""
        lock(con, self.integracao_id, f"{self.table.name}:entrada:{self.processo}")

    def lock_reservation(self, con: Connection) -> None:
        """Only one transaction reserves per integration and table: two could take rows of the same patient."""
        lock(con, self.integracao_id, f"{self.table.name}:reserva")


COLUMNS = "id, chave, chave_paciente, operacao, prioridade, tentativas, criado_em"


def records(rows: Iterable[Any]) -> list[FilaRow]:
    """Rows of :data:`COLUMNS`, in delivery order."""
    # By hand, not by a column type: this runs for every row.
    reserved = [
        FilaRow(i, key, paciente or "", operation, priority, attempts, at if at.tzinfo else at.replace(tzinfo=UTC))
        for i, key, paciente, operation, priority, attempts, at in rows
    ]
    return sorted(reserved, key=lambda r: (r.prioridade, r.id))


class Dialect(ABC):
    """One engine. All methods run in the caller's transaction at READ COMMITTED."""

    nome: str

    @abstractmethod
    def enqueue(self, con: Connection, scope: QueueScope, items: Iterable[FilaItem]) -> int:
        """Read and check every item, then merge and insert; returns how many keys were queued."""

    @abstractmethod
    def reserve(self, con: Connection, scope: QueueScope, count: int, owner: str, lease: float, keys: Keys) -> list[FilaRow]:
        """Reserve at most ``count`` due rows (of ``keys``, where given) for ``lease`` seconds; the caller holds the reservation lock."""

    @abstractmethod
    def has_ready(self, con: Connection, scope: QueueScope) -> bool:
        """Whether a pending row could be reserved now; locks nothing and stops at the first."""

    @abstractmethod
    def record(self, con: Connection, scope: QueueScope, owner: str, outcomes: Sequence[Outcome]) -> int:
        """Write outcomes of rows that ``owner`` still holds; returns how many those were."""

    @abstractmethod
    def commands(self, table: Table) -> dict[str, str]:
        """The statements of this engine as text, by name, with named binds."""

    def conditions(self, scope: QueueScope, states: tuple[str, ...], *, processo: bool = True) -> list[ColumnElement[bool]]:
        """Conditions on rows of the scope (``processo=False``: of its whole integration) in ``states``; partial indexes match them."""
        t = scope.table.c
        of_scope = [t.integracao_id == scope.integracao_id, *([t.processo == scope.processo] if processo else [])]
        return [*of_scope, t.situacao.in_([literal_column(f"'{s}'") for s in states])]

    def locked_ids(self, query: Select[int], *, skip: bool = False) -> Select[int]:
        """Ids of rows to change: PostgreSQL locks them in id order, so that two changes never deadlock. ``skip``: omit locked rows."""
        return query

    def escape_prefix(self, prefix: str) -> str:
        """``prefix`` for ``LIKE ... ESCAPE '/'``, without the percent sign at its end."""
        for special in "/%_":
            prefix = prefix.replace(special, f"/{special}")
        return prefix


def merged(least: str) -> str:
    """SET list of SQL Server's and Oracle's MERGE: the open row ``t`` takes the change ``e``. ``least``: the smaller priority.

    A reserved row keeps its patient until its outcome is known: the rule "one in flight per patient" depends on it.
    """
    return f"""\
    situacao = CASE t.situacao WHEN 'reservado' THEN 'reservado' ELSE 'pendente' END,
    reabrir = CASE t.situacao WHEN 'reservado' THEN 1 ELSE 0 END,
    operacao = CASE WHEN t.operacao = 'inclusao' AND e.operacao = 'alteracao' THEN 'inclusao' ELSE e.operacao END,
    prioridade = {least},
    chave_paciente = CASE t.situacao WHEN 'reservado' THEN t.chave_paciente ELSE COALESCE(e.chave_paciente, t.chave_paciente) END,
    tentativas = CASE t.situacao WHEN 'erro' THEN 0 ELSE t.tentativas END,
    proxima_tentativa_em = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.proxima_tentativa_em END,
    reservado_por = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.reservado_por END,
    motivo = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.motivo END"""


def record_statement(engine: str, hint: str = "") -> str:
    """Writes one outcome on SQL Server and Oracle; ``{t}`` is the table."""
    return f"""\
UPDATE {{t}}{hint} SET
    situacao = CASE WHEN reabrir = 1 OR :situacao IN ('adiado', 'devolvido') THEN 'pendente' ELSE :situacao END,
    tentativas = CASE WHEN :situacao = 'adiado' THEN tentativas + 1
        WHEN reabrir = 1 AND :situacao <> 'devolvido' THEN 0 ELSE tentativas END,
    proxima_tentativa_em = CASE WHEN :situacao IN ('adiado', 'devolvido') AND :espera > 0 THEN {seconds_from_now(engine, ":espera")} END,
    reservado_por = CASE WHEN reabrir = 1 OR :situacao IN ('adiado', 'devolvido') THEN NULL ELSE reservado_por END,
    reservado_ate = NULL,
    motivo = CASE WHEN reabrir = 1 AND :situacao NOT IN ('adiado', 'devolvido') THEN NULL ELSE :motivo END,
    versao_conteudo = COALESCE(:versao, versao_conteudo),
    concluido_em = CASE WHEN reabrir = 0 AND :situacao IN ('concluido', 'descartado') THEN {NOW[engine]} END,
    operacao = CASE WHEN reabrir = 1 AND :situacao = 'concluido' AND :operacao = 'inclusao' AND operacao = 'inclusao'
        THEN 'alteracao' ELSE operacao END,
    reabrir = 0
WHERE id = :id AND integracao_id = :integracao_id AND processo = :processo AND situacao = 'reservado' AND reservado_por = :dono"""


def record_binds(scope: QueueScope, owner: str, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Binds of :func:`record_statement`, in id order: every set update locks rows in that order."""
    return [
        {**scope.binds, "dono": owner, "id": d.record.id, "operacao": d.record.operacao, "situacao": d.situacao,
         "motivo": cut_reason(d.motivo), "versao": d.versao, "espera": d.espera or 0.0}
        for d in sorted(outcomes, key=lambda d: d.record.id)
    ]  # fmt: skip


def stage(con: Connection, insert: str, items: Iterable[FilaItem], block: int) -> list[int]:
    """Insert all items into the staging table; returns its row numbers 0, end of the first block, … No block has a key twice."""
    limits = [0]
    for part in blocks(items, block):
        con.execute(
            text(insert), [{**i._asdict(), "chave_paciente": i.chave_paciente or None, "n": n} for n, i in enumerate(part, limits[-1] + 1)]
        )
        limits.append(limits[-1] + len(part))
    return limits
