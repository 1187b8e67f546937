"""Before a run reads anything: is everything still readable that was? A kind of data without a grant must not become an empty list."""

from __future__ import annotations

from datetime import timedelta

from include.fusion.change.watcher import is_due
from include.fusion.checkup.ask import ask, usual_binds
from include.fusion.errors import SourceLost
from include.fusion.reading.words import kind_in_words
from include.fusion.store.baseline import remember
from include.fusion.wiring.runtime import RuntimeParts

EVERY = timedelta(minutes=10)
"""So often at most the statements themselves are asked; in between, only the columns that this account sees are compared."""
_CHECK, _ASKED = "conferencia", "leitura"


def demand_readable(runtime: RuntimeParts) -> None:
    """Raises :class:`SourceLost` for what was readable and is not. What is readable for the first time is remembered."""
    queries, watermarks = runtime.queries, runtime.watermarks(_CHECK)
    readable = queries.readable()
    with runtime.fusion.connect() as con:
        due = is_due(watermarks.done_at(con, _ASKED), EVERY)
    if due and (lost := _refused(runtime)):
        raise SourceLost("; ".join(lost))
    with runtime.fusion.begin() as con:
        if any(queries.before.get(item) != file for item, file in readable.items()):
            remember(con, runtime.integracao.integracao_id, readable)
        if due:
            watermarks.done(con, _ASKED)


def _refused(runtime: RuntimeParts) -> list[str]:
    """Kinds of data whose statement is refused now, with the reason."""
    queries, found = runtime.queries, []
    with queries.engine.connect() as con:
        for reading in queries.sistema.readings:
            binds = usual_binds(queries.sistema, reading.key_type)
            for name, file in queries.choose(reading.details):
                refusal = ask(con, queries, file, binds).refusal
                if refusal is not None and refusal.lost:
                    found.append(f"{kind_in_words(name)} ({refusal})")
    return found
