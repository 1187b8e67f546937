"""The delivery ledger: per record, what Fusion last confirmed, what may be on its way, and a number for each new content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, null, select, text, update

from include.fusion.store.clock import now
from include.fusion.store.locks import write_row
from include.fusion.store.pg_arrays import pg_array
from include.fusion.store.tables import livro_entrega as table

_LIST_MAX = 500

NONE_CONFIRMED = "nenhuma"
"""``operacao`` of a record of which Fusion has confirmed nothing yet."""
DELETION = "exclusao"
SEND = "envio"
RESEND = "reenvio"
"""Like ``envio``, of what was alive in Fusion before and still is should this one be refused: messages are noted when they are queued."""

# One statement for a whole batch; other engines write row by row.
_ANNOUNCE = f"""\
INSERT INTO livro_entrega AS l (integracao_id, entidade, chave, versao_tentada, operacao, sequencia, entregue_em)
SELECT :integracao_id, :entidade, v.chave, v.tentada, '{NONE_CONFIRMED}', 1, statement_timestamp()
FROM unnest(CAST(:chaves AS text[]), CAST(:tentadas AS text[])) AS v (chave, tentada)
ON CONFLICT (integracao_id, entidade, chave) DO UPDATE SET
    sequencia = CASE WHEN l.versao_tentada = excluded.versao_tentada THEN l.sequencia ELSE l.sequencia + 1 END,
    versao_tentada = excluded.versao_tentada
RETURNING l.chave, l.sequencia"""
_WRITE = """\
INSERT INTO livro_entrega AS l (integracao_id, entidade, chave, versao_conteudo, operacao, sequencia, entregue_em)
SELECT :integracao_id, :entidade, v.chave, v.versao, v.operacao, 1, statement_timestamp()
FROM unnest(CAST(:chaves AS text[]), CAST(:versoes AS text[]), CAST(:operacoes AS text[])) AS v (chave, versao, operacao)
ON CONFLICT (integracao_id, entidade, chave) DO UPDATE SET
    versao_conteudo = excluded.versao_conteudo, versao_tentada = NULL, operacao = excluded.operacao, entregue_em = excluded.entregue_em"""


class LedgerEntry(NamedTuple):
    """What is known of a record's deliveries.

    ``versao``: content that Fusion last confirmed; ``None`` when nothing was, or when it was forgotten, so that the next goes out whatever
    its content. ``attempted``: content that was announced and never confirmed: Fusion may have it or not.
    """

    versao: str | None
    sequencia: int
    operacao: str
    attempted: str | None = None

    @property
    def cancelled(self) -> bool:
        """Fusion certainly has nothing alive under this key."""
        return self.operacao in (DELETION, NONE_CONFIRMED) and self.attempted is None

    def has(self, version: str) -> bool:
        """Fusion certainly has this very content."""
        return self.versao == version and self.operacao != DELETION and self.attempted is None


class Ledger:
    """Ledger of one integration for one kind of record. Write in the same transaction as the queue's outcomes."""

    def __init__(self, engine: Engine, integracao_id: int, entity: str = "atendimento") -> None:
        self._postgresql = engine.dialect.name == "postgresql"
        self.integracao_id = integracao_id
        self.entidade = entity

    def _of_this(self) -> tuple[ColumnElement[bool], ...]:
        return (table.c.integracao_id == self.integracao_id, table.c.entidade == self.entidade)

    def read(self, con: Connection, keys: Iterable[str]) -> dict[str, LedgerEntry]:
        """Last deliveries by key; a key that was never delivered is absent."""
        found: dict[str, LedgerEntry] = {}
        items_list = list(keys)
        columns = select(table.c.chave, table.c.versao_conteudo, table.c.sequencia, table.c.operacao, table.c.versao_tentada)
        for i in range(0, len(items_list), _LIST_MAX):
            query = columns.where(*self._of_this(), table.c.chave.in_(items_list[i : i + _LIST_MAX]))
            found.update({row[0]: LedgerEntry(*row[1:]) for row in con.execute(query)})
        return found

    def announce(self, con: Connection, outgoings: Iterable[tuple[str, str]]) -> dict[str, int]:
        """Write ahead what is about to be sent, ``(chave, versao or "exclusao")``; returns each key's sequence number.

        The same content as an unconfirmed announcement keeps the number, so that Fusion recognises a repeated send; any other takes the
        next one. Without this, content that went A, B, A with both answers lost would end as B: the second A would look like a repetition.
        """
        unique_ones = sorted(dict(outgoings).items())
        common = {"integracao_id": self.integracao_id, "entidade": self.entidade}
        if self._postgresql:
            binds = {"chaves": pg_array(key for key, _ in unique_ones), "tentadas": pg_array(attempted for _, attempted in unique_ones)}
            return {row.chave: row.sequencia for row in con.execute(text(_ANNOUNCE), {**common, **binds})}
        earlier = self.read(con, [key for key, _ in unique_ones])
        numbers = {}
        for key, attempted in unique_ones:
            previous = earlier.get(key)
            repeated = previous is not None and previous.attempted == attempted
            numbers[key] = (previous.sequencia if previous else 0) + (0 if repeated else 1)
            new = {"versao_tentada": attempted, "sequencia": numbers[key], "entregue_em": now()}
            new |= {} if previous else {"operacao": NONE_CONFIRMED}
            write_row(con, table, {**common, "chave": key}, new)
        return numbers

    def write(self, con: Connection, deliveries: Iterable[tuple[str, str | None, str]]) -> None:
        """Note confirmed deliveries ``(chave, versao, operacao)``; of a repeated key the last counts."""
        # In key order, so that two workers that share keys wait for each other instead of deadlocking.
        unique_ones = sorted({key: (key, version, operation) for key, version, operation in deliveries}.values())
        common = {"integracao_id": self.integracao_id, "entidade": self.entidade}
        if not self._postgresql:
            for key, version, operation in unique_ones:
                new = {"versao_conteudo": version, "versao_tentada": None, "operacao": operation, "entregue_em": now()}
                write_row(con, table, {**common, "chave": key}, new)
            return
        columns = {"chaves": 0, "versoes": 1, "operacoes": 2}
        con.execute(text(_WRITE), {**common, **{name: pg_array(u[i] for u in unique_ones) for name, i in columns.items()}})

    def withdraw(self, con: Connection, keys: Iterable[str]) -> None:
        """Take announcements back that Fusion refused: it certainly has what was confirmed before, and nothing newer."""
        self._change(con, keys, "versao_tentada")

    def delivered_since(self, con: Connection, since: datetime) -> list[str]:
        """Keys of what Fusion confirmed at this moment or later."""
        return list(con.execute(select(table.c.chave).where(*self._of_this(), table.c.entregue_em >= since)).scalars())

    def forget(self, con: Connection, keys: Iterable[str]) -> int:
        """Forget what these records looked like, so that a replay sends them; the sequence stays. How many were known."""
        return self._change(con, keys, "versao_conteudo")

    def _change(self, con: Connection, keys: Iterable[str], column: str) -> int:
        items_list = sorted(set(keys))
        changed = 0
        for i in range(0, len(items_list), _LIST_MAX):
            where = (*self._of_this(), table.c.chave.in_(items_list[i : i + _LIST_MAX]))
            changed += con.execute(update(table).where(*where).values({column: null()})).rowcount
        return changed

    def idempotency_key(self, key: str, attempted: str, sequence: int) -> str:
        """``Idempotency-Key`` of an announced delivery: the same for every try of it."""
        digest = hashlib.sha256(f"{key}|{attempted}".encode()).hexdigest()[:40]
        return f"{self.integracao_id}-{self.entidade}-{sequence}-{digest}"


class NoLedger:
    """The ledger of records whose key names their content, too: the receiver knows by it what it has, and nothing is kept here."""

    def read(self, con: Connection, keys: Iterable[str]) -> dict[str, LedgerEntry]:
        return {}

    def announce(self, con: Connection, outgoings: Iterable[tuple[str, str]]) -> dict[str, int]:
        return {key: 0 for key, _ in outgoings}

    def write(self, con: Connection, deliveries: Iterable[tuple[str, str | None, str]]) -> None:
        pass

    def withdraw(self, con: Connection, keys: Iterable[str]) -> None:
        pass

    def idempotency_key(self, key: str, attempted: str, sequence: int) -> str:
        return key
