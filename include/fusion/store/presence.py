"""Presence: the sign of a run at work. By it the watcher knows that a change needs no new run.

It is a row of ``marca_dagua``; its ``executado_em`` is the database's time of the last sign, so machines' clocks do not matter.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Engine, and_

from include.fusion.store.clock import later, now
from include.fusion.store.locks import write_row
from include.fusion.store.tables import marca_dagua

VALIDITY = 6.0
"""Seconds for which a sign counts: after a task is killed, the watcher waits this long at most."""
_ORIGIN, _ON_DUTY, _OFF_DUTY = "plantao", "presente", "ausente"


def sign(engine: Engine, integracao_id: int, processo: str, present: bool) -> None:
    """Say that a run works on this queue (repeat it before ``VALIDITY`` ends), or that it no longer does."""
    key = {"integracao_id": integracao_id, "processo": processo, "origem": _ORIGIN}
    with engine.begin() as con:
        write_row(con, marca_dagua, key, {"marcador": _ON_DUTY if present else _OFF_DUTY, "executado_em": now()})


def present(integracao_id: int, processo: str) -> ColumnElement[bool]:
    """Condition on ``marca_dagua``: somebody is on duty for this queue."""
    m = marca_dagua.c
    of_this = (m.integracao_id == integracao_id, m.processo == processo, m.origem == _ORIGIN)
    return and_(*of_this, m.marcador == _ON_DUTY, m.executado_em > later(-VALIDITY))
