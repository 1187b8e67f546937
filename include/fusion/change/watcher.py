"""What a watcher asks the integration database: is there work, and is somebody on duty?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, MetaData, Table, case, exists, false, literal, or_, select, union_all

from include.fusion.store.clock import now
from include.fusion.store.presence import present
from include.fusion.store.tables import FILAS, fila_table, marca_dagua
from include.fusion.store.watermarks import LAST_RUN, Watermark


class Target(NamedTuple):
    """One integration to ask about: queues as (table, process), and the processes of its presence and of its watermarks."""

    integracao_id: int
    filas: tuple[tuple[str, str], ...]
    presence: str
    watermarks: str


@dataclass(frozen=True)
class IntegracaoState:
    """State of one integration: whether due rows wait, whether somebody is on duty, watermarks by origin, last run of the carga."""

    ready: bool = False
    on_duty: bool = False
    watermarks: dict[str, Watermark] = field(default_factory=dict)
    run_at: datetime | None = None

    def is_due(self, interval: timedelta) -> bool:
        """Whether a carga that runs every ``interval`` is due."""
        return is_due(self.run_at, interval)


def is_due(run_at: datetime | None, interval: timedelta) -> bool:
    """Whether ``interval`` passed since the last run; a carga that never ran is due."""
    return run_at is None or datetime.now(UTC) - run_at >= interval


def states(engine: Engine, targets: Iterable[Target]) -> dict[Target, IntegracaoState]:
    """State of each target, with two statements for any number of integrations."""
    targets = list(targets)
    parts = []
    for position, target in enumerate(targets):
        # ``false()``: an entry may have all its processes switched off.
        ready = or_(false(), *(_ready(target.integracao_id, _table(table), processo) for table, processo in target.filas))
        busy = exists().where(present(target.integracao_id, target.presence))
        parts.append(select(literal(position, literal_execute=True), case((ready, 1), else_=0), case((busy, 1), else_=0)))
    m = marca_dagua
    with engine.connect() as con:
        flags = {position: (bool(p), bool(o)) for position, p, o in con.execute(union_all(*parts))}
        rows = con.execute(
            select(m.c.integracao_id, m.c.processo, m.c.origem, m.c.marcador, m.c.executado_em, m.c.detalhe).where(
                m.c.integracao_id.in_({target.integracao_id for target in targets})
            )
        )
        by_processo: dict[tuple[int, str], dict[str, Watermark]] = {}
        for integracao_id, processo, origin, marker, at, detail in rows:
            by_processo.setdefault((integracao_id, processo), {})[origin] = Watermark(marker, None, at, json.loads(detail or "{}"))
    result = {}
    for position, target in enumerate(targets):
        watermarks = by_processo.get((target.integracao_id, target.watermarks), {})
        last_run = watermarks.pop(LAST_RUN, None)
        result[target] = IntegracaoState(*flags[position], watermarks, last_run.executado_em if last_run else None)
    return result


def _table(name: str) -> Table:
    """A queue table; also one that this version does not know yet."""
    return FILAS[name] if name in FILAS else fila_table(name, metadata=MetaData())


def _ready(integracao_id: int, f: Table, processo: str) -> ColumnElement[bool]:
    """A due row whose patient nobody has reserved, or a row whose lease ran out.

    A row behind a slow batch of its patient is no reason for a run. A row without a live owner is: that run may have no try left.
    """
    other = f.alias("p")
    held = exists().where(
        other.c.integracao_id == integracao_id,
        other.c.chave_paciente == f.c.chave_paciente,
        other.c.situacao == literal("reservado", literal_execute=True),
        other.c.reservado_ate >= now(),
    )
    due = exists().where(
        f.c.integracao_id == integracao_id,
        f.c.processo == processo,
        f.c.situacao == literal("pendente", literal_execute=True),
        or_(f.c.proxima_tentativa_em.is_(None), f.c.proxima_tentativa_em <= now()),
        ~held,
    )
    expired = exists().where(
        f.c.integracao_id == integracao_id,
        f.c.processo == processo,
        f.c.situacao == literal("reservado", literal_execute=True),
        f.c.reservado_ate < now(),
    )
    return or_(due, expired)
