"""What every source of the sandbox offers: its schema, seeded data of any size, and one realistic change after another."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import psycopg2

SEM_EFEITO = ("administrativa", "rascunho")
"""Kinds of change that leave what Fusion has as it is: they have no delivery to wait for."""
Progresso = Callable[[int, int], None]
"""Called with (attendances done, attendances to make)."""


@dataclass(frozen=True)
class Mudanca:
    """One change at the source: the attendance it shows on, its patient, and what happened.

    ``operacao`` is what the hub should do with ``chave`` (inclusao, alteracao, exclusao); ``tipo`` says what was done, in words.
    ``afetadas`` are all attendances that change with it (a patient's edit reaches every attendance); ``chave`` is one of them.
    ``recusada``: Fusion must not take it, so that reconciliation expects it in ``erro``.
    """

    chave: str
    operacao: str
    tipo: str
    chave_paciente: str = ""
    afetadas: tuple[str, ...] = ()
    recusada: bool = False


class Esperado(NamedTuple):
    """State of one attendance for reconciliation: ``operacao`` is alteracao (Fusion must have it) or exclusao (it must not)."""

    chave: str
    chave_paciente: str
    operacao: str


class OrigemSandbox(Protocol):
    """What a source's package offers as plain functions. ``con`` is a psycopg2 connection; the caller commits each change."""

    FUSO: str
    """Time zone of the timestamps in the source's tables."""
    INVALIDOS: Sequence[str]
    """Kinds of bad input that ``mudar_invalido`` knows."""

    def criar(self, dsn: str) -> None:
        """Create the vendor's schema in the database; harmless when it is there."""

    def gerar(self, dsn: str, atendimentos: int, semente: int, progresso: Progresso | None = None, *, casos_de_borda: bool = True) -> Any:
        """Fill an empty schema with ``atendimentos`` attendances, the same for the same seed."""

    def mudar(self, con: Any, rng: random.Random) -> Mudanca:
        """One admission (~40 %), edit of clinical items (~45 %), edit of a patient (~10 %) or cancellation (~5 %)."""

    def mudar_invalido(self, con: Any, rng: random.Random, tipo: str | None = None) -> Mudanca:
        """One change that Fusion must refuse or that only looks wrong; ``tipo`` is one of ``INVALIDOS``."""

    def chaves(self, con: Any) -> Iterable[Esperado]:
        """Every attendance with its expected state, ordered by key."""


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _celula(valor: Any) -> str:
    if valor is None:
        return "\\N"
    if isinstance(valor, str):
        # Nearly every text needs no escape, and asking is much cheaper than translating.
        return valor if valor.isprintable() and "\\" not in valor else valor.translate(_ESCAPES)
    return str(int(valor)) if isinstance(valor, bool) else str(valor)


def copiar(con: Any, tabela: str, colunas: Sequence[str], linhas: Iterable[Sequence[Any]]) -> int:
    """COPY rows into a table through psycopg2; returns how many. Identifiers are the caller's own constants."""
    celula = _celula
    texto = ["\t".join(map(celula, linha)) for linha in linhas]
    if texto:
        with con.cursor() as cur:
            cur.copy_expert(f"COPY {tabela} ({', '.join(colunas)}) FROM STDIN", io.StringIO("\n".join(texto) + "\n"))
    return len(texto)


def conectar(dsn: str) -> Any:
    """A psycopg2 connection with an application name that tells the sandbox's own work apart."""
    return psycopg2.connect(dsn, application_name="sandbox-origem")


def um(con: Any, sql: str, *valores: Any) -> Any:
    """First row of a statement, or ``None``."""
    with con.cursor() as cur:
        cur.execute(sql, valores)
        return cur.fetchone() if cur.description else None


class Transacao:
    """One transaction's view of a source: its clock, and rows by SQL."""

    def __init__(self, con: Any, rng: random.Random, fuso: str) -> None:
        self.cur, self.rng = con.cursor(), rng
        # A DATE has whole seconds, and SYSDATE cuts rather than rounds: a marker is never ahead of the clock.
        self.agora: datetime = self.um(f"select date_trunc('second', clock_timestamp() at time zone '{fuso}')")[0]

    def um(self, sql: str, *valores: Any) -> Any:
        """First row, or ``None``."""
        self.cur.execute(sql, valores)
        return self.cur.fetchone() if self.cur.description else None

    def chaves(self, sql: str, *valores: Any) -> list[Any]:
        """First column of every row."""
        self.cur.execute(sql, valores)
        return [linha[0] for linha in self.cur.fetchall()]
