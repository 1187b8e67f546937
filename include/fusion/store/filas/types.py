"""What goes into a queue and what comes out of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Literal, NamedTuple

from include.fusion.store.tables import KEY_MAX, REASON_MAX

Operation = Literal["inclusao", "alteracao", "exclusao"]
OutcomeKind = Literal["concluido", "erro", "descartado", "adiado", "devolvido"]
Keys = Sequence[str] | None
"""Only rows with these keys; ``None``: with any key."""
OPERATIONS = frozenset({"inclusao", "alteracao", "exclusao"})
OUTCOMES = frozenset({"concluido", "erro", "descartado", "adiado", "devolvido"})


class FilaItem(NamedTuple):
    """One change to enqueue. Empty ``chave_paciente``: unknown; such a row neither waits for others nor holds them up."""

    chave: str
    chave_paciente: str = ""
    operacao: Operation = "alteracao"
    prioridade: int = 5


class FilaRow(NamedTuple):
    """One reserved row."""

    id: int
    chave: str
    chave_paciente: str
    operacao: Operation
    prioridade: int
    tentativas: int
    criado_em: datetime


class Outcome(NamedTuple):
    """What became of a reserved row.

    ``adiado``: deferred after a passing failure; one more try counts; due after ``espera`` seconds.
    ``devolvido``: released untried; no try counts; due after ``espera`` seconds, or at once. ``motivo``: without patient data.
    """

    record: FilaRow
    situacao: OutcomeKind
    motivo: str | None = None
    versao: str | None = None
    espera: float | None = None


def _check_text(value: object, field: str, position: int) -> None:
    if not isinstance(value, str):
        raise ValueError(f"item {position}: {field} must be text, not {type(value).__name__}")
    if len(value) > KEY_MAX:
        raise ValueError(f"item {position}: {field} has {len(value)} characters, at most {KEY_MAX} fit")
    if "\x00" in value:
        raise ValueError(f"item {position}: {field} has a NUL character")
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError(f"item {position}: {field} has half a surrogate pair, which no database stores")


def check(item: FilaItem, position: int) -> None:
    """``ValueError`` when no queue can hold the item; it names position and field, never the value."""
    _check_text(item.chave, "chave", position)
    _check_text(item.chave_paciente, "chave_paciente", position)
    if not item.chave:
        raise ValueError(f"item {position}: chave is empty")
    if item.operacao not in OPERATIONS:
        raise ValueError(f"item {position}: operacao must be one of {', '.join(sorted(OPERATIONS))}")
    if not (isinstance(item.prioridade, int) and 0 <= item.prioridade <= 99):
        raise ValueError(f"item {position}: prioridade must be an integer from 0 to 99")


def cut_reason(reason: str | None) -> str | None:
    """The reason as every database can store it, cut to the column."""
    return None if reason is None else reason.replace("\x00", "")[:REASON_MAX]


def merge(before: FilaItem, after: FilaItem) -> FilaItem:
    """Two changes of one key as one. The engines' statements apply the same rule to rows of the table."""
    # A record that Fusion never received stays an inclusao; otherwise the later operation counts.
    operation: Operation = "inclusao" if (before.operacao, after.operacao) == ("inclusao", "alteracao") else after.operacao
    return FilaItem(after.chave, after.chave_paciente or before.chave_paciente, operation, min(before.prioridade, after.prioridade))


def blocks(items: Iterable[FilaItem], size: int) -> Iterator[list[FilaItem]]:
    """Checked items in lists of at most ``size``, each key once per list, in order of its first appearance."""
    numbered = enumerate(items, 1)
    while part := list(islice(numbered, size)):
        block: dict[str, FilaItem] = {}
        for position, item in part:
            check(item, position)
            previous = block.get(item.chave)
            block[item.chave] = item if previous is None else merge(previous, item)
        yield list(block.values())
