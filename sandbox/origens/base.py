"""What every source of the sandbox offers: its schema, seeded data of any size, and one realistic change after another."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import psycopg2

NO_EFFECT = ("administrativa", "rascunho")
"""Kinds of change that leave what Fusion has as it is: they have no delivery to wait for."""
Progress = Callable[[int, int], None]
"""Called with (attendances done, attendances to make)."""


@dataclass(frozen=True)
class Change:
    """One change at the source: the attendance it shows on, its patient, and what happened.

    ``operacao`` is what the hub should do with ``chave`` (inclusao, alteracao, exclusao); ``tipo`` says what was done, in words.
    ``affected`` are all attendances that change with it (a patient's edit reaches every attendance); ``chave`` is one of them.
    ``recusada``: Fusion must not take it, so that reconciliation expects it in ``erro``.
    """

    chave: str
    operacao: str
    tipo: str
    chave_paciente: str = ""
    affected: tuple[str, ...] = ()
    recusada: bool = False


class Expected(NamedTuple):
    """State of one attendance for reconciliation: ``operacao`` is alteracao (Fusion must have it) or exclusao (it must not)."""

    chave: str
    chave_paciente: str
    operacao: str


class SandboxSource(Protocol):
    """What a source's package offers as plain functions. ``con`` is a psycopg2 connection; the caller commits each change.

    Three more are looked at where there are: ``STRANGE`` (kinds that only look wrong and must arrive), ``ITEM_FAULTS`` (those of ``INVALID``
    that spoil one item of a record, not the record), ``cancellation(con, rng)`` (one record ends; where ``change`` ends none).
    """

    ZONE: str
    """Time zone of the timestamps in the source's tables."""
    INVALID: Sequence[str]
    """Kinds of bad input that ``change_invalid`` knows."""

    def create(self, dsn: str) -> None:
        """Create the vendor's schema in the database; harmless when it is there."""

    def generate(self, dsn: str, atendimentos: int, semente: int, progress: Progress | None = None, *, edge_cases: bool = True) -> Any:
        """Fill an empty schema with ``atendimentos`` attendances, the same for the same seed."""

    def change(self, con: Any, rng: random.Random) -> Change:
        """One admission (~40 %), edit of clinical items (~45 %), edit of a patient (~10 %) or cancellation (~5 %)."""

    def change_invalid(self, con: Any, rng: random.Random, kind: str | None = None) -> Change:
        """One change that Fusion must refuse or that only looks wrong; ``kind`` is one of ``INVALID``."""

    def keys(self, con: Any) -> Iterable[Expected]:
        """Every attendance with its expected state, ordered by key."""


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _cell(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        # Nearly every text needs no escape, and asking is much cheaper than translating.
        return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPES)
    return str(int(value)) if isinstance(value, bool) else str(value)


def copy(con: Any, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """COPY rows into a table through psycopg2; returns how many. Identifiers are the caller's own constants."""
    cell = _cell
    text = ["\t".join(map(cell, row)) for row in rows]
    if text:
        with con.cursor() as cur:
            cur.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", io.StringIO("\n".join(text) + "\n"))
    return len(text)


def connect(dsn: str) -> Any:
    """A psycopg2 connection with an application name that tells the sandbox's own work apart."""
    return psycopg2.connect(dsn, application_name="sandbox-origem")


def one(con: Any, sql: str, *values: Any) -> Any:
    """First row of a statement, or ``None``."""
    with con.cursor() as cur:
        cur.execute(sql, values)
        return cur.fetchone() if cur.description else None


class Transaction:
    """One transaction's view of a source: its clock, and rows by SQL."""

    def __init__(self, con: Any, rng: random.Random, zone: str) -> None:
        self.cur, self.rng = con.cursor(), rng
        # A DATE has whole seconds, and SYSDATE cuts rather than rounds: a marker is never ahead of the clock.
        self.now: datetime = self.one(f"select date_trunc('second', clock_timestamp() at time zone '{zone}')")[0]

    def one(self, sql: str, *values: Any) -> Any:
        """First row, or ``None``."""
        self.cur.execute(sql, values)
        return self.cur.fetchone() if self.cur.description else None

    def keys(self, sql: str, *values: Any) -> list[Any]:
        """First column of every row."""
        self.cur.execute(sql, values)
        return [row[0] for row in self.cur.fetchall()]
