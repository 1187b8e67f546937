"""Filling a source with its history: rows made in batches, copied in by a second thread while the next are made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sandbox.origens.base import Progress, connect, copy

Batch = defaultdict[str, list[tuple[Any, ...]]]
"""Rows by table."""
_SIZE = 2000


def in_batches(count: int, do: Callable[[int, Batch], Any], first: int = 1) -> Iterator[Batch]:
    """Batches of what ``do`` (key, batch) makes of ``count`` keys in a row."""
    for start in range(first, first + count, _SIZE):
        batch: Batch = defaultdict(list)
        for key in range(start, min(start + _SIZE, first + count)):
            do(key, batch)
        yield batch


def indexes_of(file: Path) -> list[tuple[str, str]]:
    """(name, statement) of every index of a file with one on each line."""
    rows = file.read_text(encoding="utf-8").splitlines()
    return [(line.split()[2], line.rstrip(";")) for line in rows if line.startswith("create index")]


def populate(
    dsn: str,
    batches: Iterable[Batch],
    columns: Mapping[str, str | Sequence[str]],
    *,
    prefix: str,
    atendimentos: tuple[str, int],
    progress: Progress | None,
    indexes: Sequence[tuple[str, str]] = (),
    before: Iterable[str] = (),
    after: Iterable[str],
) -> int:
    """Fill an empty source in one transaction; returns how many rows were written.

    ``columns``: those that are written, by table; ``prefix`` makes a table's name whole. ``atendimentos``: their table, and how many there
    will be, for ``progress``. ``indexes`` are away while the rows come. ``before`` and
    ``after``: statements of the same transaction, which empty tables and set the sequences.
    """
    con = connect(dsn)
    writes = done = 0
    atendimentos_table, total = atendimentos
    try:
        with con, con.cursor() as cur, ThreadPoolExecutor(1) as copier:
            # No checks while loading, as the rows agree by construction, and no triggers: history is nobody's change.
            cur.execute("set local session_replication_role = replica; set local synchronous_commit = off")
            for command in before:
                cur.execute(command)
            for name, _ in indexes:
                cur.execute(f"drop index if exists {prefix}{name}")
            previous: Future[int] | None = None
            for batch in batches:
                writes += previous.result() if previous else 0
                previous = copier.submit(_write, con, prefix, columns, batch)
                done += len(batch.get(atendimentos_table, ()))
                if progress is not None:
                    progress(done, total)
            writes += previous.result() if previous else 0
            for command in (*(command for _, command in indexes), *after):
                cur.execute(command)
        con.autocommit = True
        with con.cursor() as cur:
            cur.execute("analyze")
    finally:
        con.close()
    return writes


def _write(con: Any, prefix: str, columns: Mapping[str, str | Sequence[str]], batch: Batch) -> int:
    return sum(
        copy(con, prefix + table, names.split(", ") if isinstance(names, str) else names, batch[table])
        for table, names in columns.items()
        if batch[table]
    )
