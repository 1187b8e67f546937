"""What goes into a queue and what comes out of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Literal, NamedTuple

from include.fusion.store.tables import CHAVE_MAX, MOTIVO_MAX

Operacao = Literal["inclusao", "alteracao", "exclusao"]
Resultado = Literal["concluido", "erro", "descartado", "adiado", "devolvido"]
OPERACOES = frozenset({"inclusao", "alteracao", "exclusao"})
RESULTADOS = frozenset({"concluido", "erro", "descartado", "adiado", "devolvido"})


class ItemFila(NamedTuple):
    """One change to enqueue. An empty ``chave_paciente`` means unknown: the row neither waits for others nor holds them up."""

    chave: str
    chave_paciente: str = ""
    operacao: Operacao = "alteracao"
    prioridade: int = 5


class Registro(NamedTuple):
    """One reserved row."""

    id: int
    chave: str
    chave_paciente: str
    operacao: Operacao
    prioridade: int
    tentativas: int
    criado_em: datetime


class Desfecho(NamedTuple):
    """What became of a reserved row.

    ``adiado``: transient failure, pending again, one more try counted, due after ``espera`` seconds.
    ``devolvido``: released untried, not counted, due after ``espera`` seconds or at once. ``motivo`` without patient data.
    """

    registro: Registro
    situacao: Resultado
    motivo: str | None = None
    versao: str | None = None
    espera: float | None = None


def _conferir_texto(valor: object, campo: str, posicao: int) -> None:
    if not isinstance(valor, str):
        raise ValueError(f"item {posicao}: {campo} must be text, not {type(valor).__name__}")
    if len(valor) > CHAVE_MAX:
        raise ValueError(f"item {posicao}: {campo} has {len(valor)} characters, at most {CHAVE_MAX} fit")
    if "\x00" in valor:
        raise ValueError(f"item {posicao}: {campo} has a NUL character")
    if not valor.isascii() and any("\ud800" <= letra <= "\udfff" for letra in valor):
        raise ValueError(f"item {posicao}: {campo} has half a surrogate pair, which no database stores")


def conferir(item: ItemFila, posicao: int) -> None:
    """``ValueError``, naming position and field but never the value, when no queue can hold the item."""
    _conferir_texto(item.chave, "chave", posicao)
    _conferir_texto(item.chave_paciente, "chave_paciente", posicao)
    if not item.chave:
        raise ValueError(f"item {posicao}: chave is empty")
    if item.operacao not in OPERACOES:
        raise ValueError(f"item {posicao}: operacao must be one of {', '.join(sorted(OPERACOES))}")
    if not (isinstance(item.prioridade, int) and 0 <= item.prioridade <= 99):
        raise ValueError(f"item {posicao}: prioridade must be an integer from 0 to 99")


def cortar_motivo(motivo: str | None) -> str | None:
    """A reason that fits the column and that every database stores."""
    return None if motivo is None else motivo.replace("\x00", "")[:MOTIVO_MAX]


def unir(antes: ItemFila, depois: ItemFila) -> ItemFila:
    """Two changes of one key as one. The dialects' upserts apply the same rule to what the table holds."""
    # What Fusion never received stays new to it; any other later operation replaces the earlier.
    operacao: Operacao = "inclusao" if (antes.operacao, depois.operacao) == ("inclusao", "alteracao") else depois.operacao
    return ItemFila(depois.chave, depois.chave_paciente or antes.chave_paciente, operacao, min(antes.prioridade, depois.prioridade))


def blocos(itens: Iterable[ItemFila], tamanho: int) -> Iterator[list[ItemFila]]:
    """Checked items in lists of at most ``tamanho``, each key once per list, in order of its first appearance."""
    posicao = 0
    fonte = iter(itens)
    while lidos := list(islice(fonte, tamanho)):
        bloco: dict[str, ItemFila] = {}
        for item in lidos:
            posicao += 1
            conferir(item, posicao)
            anterior = bloco.get(item.chave)
            bloco[item.chave] = item if anterior is None else unir(anterior, item)
        yield list(bloco.values())
