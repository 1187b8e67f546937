"""Dry run: reads and maps the records of a run, but sends and changes nothing."""

from __future__ import annotations

from collections import Counter
from typing import Any

from include.fusion.change.replay import ReplayRequest
from include.fusion.errors import reason_of
from include.fusion.reading.reader import Builder, Reader
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.filas import Fila

BATCH = 200


def simulate(queries: SystemQueries, fila: Fila, reader: Reader | Builder, request: ReplayRequest, *, limit: int) -> dict[str, Any]:
    """Counts of the records that would be sent, with their items by kind, and the reasons of those that would be refused.

    Takes the records that the form asks for, or those pending in the queue; at most ``limit``.
    """
    if request.narrows:
        with queries.engine.connect() as con:
            rows = queries.rows(con, queries.sistema.sql_keys, chave=None, limite=limit, **request.filters(queries.sistema))
        pairs = [(str(row["chave"]), str(row["operacao"])) for row in rows]
    else:
        pairs = fila.peek(limit)
    items: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    would_send = 0
    keys = [key for key, operation in pairs if operation != "exclusao"]
    for start in range(0, len(keys), BATCH):
        for record in reader.read(keys[start : start + BATCH]).values():
            if record is None or isinstance(record, Exception):
                reasons["não encontrado na origem" if record is None else reason_of(record)] += 1
            else:
                would_send += 1
                items.update({name: len(value) for name, value in record if isinstance(value, tuple)})
    return {
        "enviaria": would_send,
        "cancelaria": len(pairs) - len(keys),
        "recusaria": sum(reasons.values()),
        "itens": {name: count for name, count in sorted(items.items()) if count},
        "motivos": dict(reasons.most_common(10)),
    }
