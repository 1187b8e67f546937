"""The ledger: per record, what Fusion last confirmed, what may be on its way, and a number for each new content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, null, select, text, update

from include.fusion.store.clock import now
from include.fusion.store.lists import chunks, pg_array
from include.fusion.store.locks import write_row
from include.fusion.store.tables import livro_entrega as table

NONE_CONFIRMED = "nenhuma"
"""``operacao`` of a record while Fusion has confirmed nothing of it."""
DELETION: Final = "exclusao"
SEND = "envio"
RESEND = "reenvio"
"""Like ``envio``, of a record that Fusion already has: if this send is refused, the record is still alive there. Only messages need it,
since they are noted when they are queued."""

UNKNOWN = "desconhecida"
"""``versao_tentada`` of a record of which Fusion may have anything: it is sent again, whatever its content."""

_TURNS = 4096
# Milliseconds in the high part: the number grows although a restored database has forgotten the last ones. The low part counts, so that two
# numbers of one millisecond differ. Below 2^53 until the year 2039, so that JSON readers keep it exactly.
_NEXT = (
    f"(GREATEST(l.sequencia / {_TURNS}, CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint))"
    f" + CASE WHEN l.sequencia % {_TURNS} = {_TURNS - 1} THEN 1 ELSE 0 END) * {_TURNS} + (l.sequencia + 1) % {_TURNS}"
)


def next_number(previous: int, milliseconds: int) -> int:
    """The number after ``previous`` at this time: larger than it, and than any from before this millisecond."""
    high = max(previous // _TURNS, milliseconds) + (1 if previous % _TURNS == _TURNS - 1 else 0)
    return high * _TURNS + (previous + 1) % _TURNS


# PostgreSQL: one statement for a whole batch. Other engines write row by row.
_ANNOUNCE = f"""\
INSERT INTO livro_entrega AS l (integracao_id, entidade, chave, versao_tentada, operacao, sequencia, entregue_em)
SELECT :integracao_id, :entidade, v.chave, v.tentada, '{NONE_CONFIRMED}',
    CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint) * {_TURNS} + 1, statement_timestamp()
FROM unnest(CAST(:chaves AS text[]), CAST(:tentadas AS text[])) AS v (chave, tentada)
ON CONFLICT (integracao_id, entidade, chave) DO UPDATE SET
    sequencia = CASE WHEN l.versao_tentada = excluded.versao_tentada THEN l.sequencia ELSE {_NEXT} END,
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

    ``versao``: hash of the content that Fusion last confirmed; ``None`` when there is none, or when it was forgotten so that the record is
    sent again. ``attempted``: hash of content that was announced and not confirmed: Fusion may have it or not.
    """

    versao: str | None
    sequencia: int
    operacao: str
    attempted: str | None = None

    @property
    def cancelled(self) -> bool:
        """Certain: Fusion has nothing alive under this key."""
        return self.operacao in (DELETION, NONE_CONFIRMED) and self.attempted is None

    def has(self, version: str) -> bool:
        """Certain: Fusion has exactly this content."""
        return self.versao == version and self.operacao != DELETION and self.attempted is None


class Ledger:
    """Ledger of one integration and one kind of record. Write it in the transaction that writes the queue's outcomes."""

    def __init__(self, engine: Engine, integracao_id: int, entity: str = "atendimento") -> None:
        self._postgresql = engine.dialect.name == "postgresql"
        self.integracao_id = integracao_id
        self.entidade = entity

    @property
    def _common(self) -> dict[str, Any]:
        return {"integracao_id": self.integracao_id, "entidade": self.entidade}

    def _of_this(self) -> list[ColumnElement[bool]]:
        return [table.c[column] == value for column, value in self._common.items()]

    def read(self, con: Connection, keys: Iterable[str]) -> dict[str, LedgerEntry]:
        """Last deliveries by key; a key that was never delivered is absent."""
        found: dict[str, LedgerEntry] = {}
        columns = select(table.c.chave, table.c.versao_conteudo, table.c.sequencia, table.c.operacao, table.c.versao_tentada)
        for part in chunks(keys):
            query = columns.where(*self._of_this(), table.c.chave.in_(part))
            found.update({row[0]: LedgerEntry(*row[1:]) for row in con.execute(query)})
        return found

    def page(self, con: Connection, after: str, limit: int) -> list[tuple[str, LedgerEntry]]:
        """The first ``limit`` records whose key is greater than ``after``, in key order."""
        columns = select(table.c.chave, table.c.versao_conteudo, table.c.sequencia, table.c.operacao, table.c.versao_tentada)
        query = columns.where(*self._of_this(), table.c.chave > after).order_by(table.c.chave).limit(limit)
        return [(row[0], LedgerEntry(*row[1:])) for row in con.execute(query)]

    def announce(self, con: Connection, outgoings: Iterable[tuple[str, str]]) -> dict[str, int]:
        """Announce what is about to be sent, ``(chave, versao or "exclusao")``; returns each key's sequence number.

        Content that is announced already, and unconfirmed, keeps its number: Fusion sees that the send is a repetition. Other content
        takes the next number. Without numbers, A, B, A with lost answers would end as B: the second A would look like a repetition.
        """
        unique = sorted(dict(outgoings).items())
        if self._postgresql:
            binds = {"chaves": pg_array(key for key, _ in unique), "tentadas": pg_array(attempted for _, attempted in unique)}
            return {row.chave: row.sequencia for row in con.execute(text(_ANNOUNCE), {**self._common, **binds})}
        earlier = self.read(con, [key for key, _ in unique])
        milliseconds = int(con.execute(select(now())).scalar_one().timestamp() * 1000)
        numbers = {}
        for key, attempted in unique:
            previous = earlier.get(key)
            repeated = previous is not None and previous.attempted == attempted
            numbers[key] = previous.sequencia if previous and repeated else next_number(previous.sequencia if previous else 0, milliseconds)
            new = {"versao_tentada": attempted, "sequencia": numbers[key], "entregue_em": now()}
            new |= {} if previous else {"operacao": NONE_CONFIRMED}
            write_row(con, table, {**self._common, "chave": key}, new)
        return numbers

    def write(self, con: Connection, deliveries: Iterable[tuple[str, str | None, str]]) -> None:
        """Note confirmed deliveries ``(chave, versao, operacao)``; when a key repeats, the last counts."""
        # In key order: two workers that share keys then wait for each other instead of deadlocking.
        unique = sorted({key: (key, version, operation) for key, version, operation in deliveries}.values())
        if not self._postgresql:
            for key, version, operation in unique:
                new = {"versao_conteudo": version, "versao_tentada": None, "operacao": operation, "entregue_em": now()}
                write_row(con, table, {**self._common, "chave": key}, new)
            return
        columns = {"chaves": 0, "versoes": 1, "operacoes": 2}
        con.execute(text(_WRITE), {**self._common, **{name: pg_array(u[i] for u in unique) for name, i in columns.items()}})

    def withdraw(self, con: Connection, keys: Iterable[str]) -> None:
        """Take back announcements that Fusion refused: it has what was confirmed before and nothing newer."""
        self._change(con, keys, "versao_tentada")

    def doubt(self, con: Connection, keys: Iterable[str]) -> None:
        """Fusion may have any content of these records: nothing of them counts as confirmed until it is sent again, under a new number."""
        self._change(con, keys, "versao_tentada", UNKNOWN)

    def delivered_since(self, con: Connection, since: datetime) -> list[str]:
        """Keys of what Fusion confirmed at this moment or later."""
        return list(con.execute(select(table.c.chave).where(*self._of_this(), table.c.entregue_em >= since)).scalars())

    def forget(self, con: Connection, keys: Iterable[str]) -> int:
        """Forget the content of these records, so that a replay sends them; the sequence stays. Returns how many were known."""
        return self._change(con, keys, "versao_conteudo")

    def _change(self, con: Connection, keys: Iterable[str], column: str, value: str | None = None) -> int:
        change = update(table).where(*self._of_this()).values({column: null() if value is None else value})
        return sum(con.execute(change.where(table.c.chave.in_(part))).rowcount for part in chunks(sorted(set(keys))))

    def idempotency_key(self, key: str, attempted: str, sequence: int) -> str:
        """``Idempotency-Key`` of an announced delivery: the same for every try of it."""
        digest = hashlib.sha256(f"{key}|{attempted}".encode()).hexdigest()[:40]
        return f"{self.integracao_id}-{self.entidade}-{sequence}-{digest}"


class NoLedger:
    """The ledger of records with a key that also names their content: the receiver knows by it what it has, so nothing is kept."""

    def read(self, con: Connection, keys: Iterable[str]) -> dict[str, LedgerEntry]:
        return {}

    def announce(self, con: Connection, outgoings: Iterable[tuple[str, str]]) -> dict[str, int]:
        return {key: 0 for key, _ in outgoings}

    def write(self, con: Connection, deliveries: Iterable[tuple[str, str | None, str]]) -> None:
        pass

    def withdraw(self, con: Connection, keys: Iterable[str]) -> None:
        pass

    def doubt(self, con: Connection, keys: Iterable[str]) -> None:
        pass

    def idempotency_key(self, key: str, attempted: str, sequence: int) -> str:
        return key
