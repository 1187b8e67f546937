"""Filling a source with its history: rows made in batches, copied in by a second thread while the next are made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sandbox.origens.base import Progresso, conectar, copiar

Lote = defaultdict[str, list[tuple[Any, ...]]]
"""Rows by table."""
_TAMANHO = 2000


def em_lotes(quantos: int, fazer: Callable[[int, Lote], Any], primeira: int = 1) -> Iterator[Lote]:
    """Batches of what ``fazer`` (key, batch) makes of ``quantos`` keys in a row."""
    for inicio in range(primeira, primeira + quantos, _TAMANHO):
        lote: Lote = defaultdict(list)
        for chave in range(inicio, min(inicio + _TAMANHO, primeira + quantos)):
            fazer(chave, lote)
        yield lote


def indices_de(arquivo: Path) -> list[tuple[str, str]]:
    """(name, statement) of every index of a file with one on each line."""
    linhas = arquivo.read_text(encoding="utf-8").splitlines()
    return [(linha.split()[2], linha.rstrip(";")) for linha in linhas if linha.startswith("create index")]


def povoar(
    dsn: str,
    lotes: Iterable[Lote],
    colunas: Mapping[str, str | Sequence[str]],
    *,
    prefixo: str,
    atendimentos: tuple[str, int],
    progresso: Progresso | None,
    indices: Sequence[tuple[str, str]] = (),
    antes: Iterable[str] = (),
    depois: Iterable[str],
) -> int:
    """Fill an empty source in one transaction; returns how many rows were written.

    ``colunas``: those that are written, by table; ``prefixo`` makes a table's name whole. ``atendimentos``: their table, and how many there
    will be, for ``progresso``. ``indices`` are away while the rows come. ``antes`` and
    ``depois``: statements of the same transaction, which empty tables and set the sequences.
    """
    con = conectar(dsn)
    escritas = feitos = 0
    tabela_atendimentos, total = atendimentos
    try:
        with con, con.cursor() as cur, ThreadPoolExecutor(1) as copiador:
            # No checks while loading, as the rows agree by construction, and no triggers: history is nobody's change.
            cur.execute("set local session_replication_role = replica; set local synchronous_commit = off")
            for comando in antes:
                cur.execute(comando)
            for nome, _ in indices:
                cur.execute(f"drop index if exists {prefixo}{nome}")
            anterior: Future[int] | None = None
            for lote in lotes:
                escritas += anterior.result() if anterior else 0
                anterior = copiador.submit(_gravar, con, prefixo, colunas, lote)
                feitos += len(lote.get(tabela_atendimentos, ()))
                if progresso is not None:
                    progresso(feitos, total)
            escritas += anterior.result() if anterior else 0
            for comando in (*(comando for _, comando in indices), *depois):
                cur.execute(comando)
        con.autocommit = True
        with con.cursor() as cur:
            cur.execute("analyze")
    finally:
        con.close()
    return escritas


def _gravar(con: Any, prefixo: str, colunas: Mapping[str, str | Sequence[str]], lote: Lote) -> int:
    return sum(
        copiar(con, prefixo + tabela, nomes.split(", ") if isinstance(nomes, str) else nomes, lote[tabela])
        for tabela, nomes in colunas.items()
        if lote[tabela]
    )
