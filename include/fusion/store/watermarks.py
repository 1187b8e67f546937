"""What ``marca_dagua`` keeps, one row per (integration, process, name). Seven kinds of fact share its columns, each with methods of its own:

how far an origin was read and what its overlap window held (:class:`Watermark`) · when something was last done · where an initial load is ·
since when a table is sick · who is on duty (``presence.py``) · how far a patient was pulled (:class:`PatientMarks`) · how long a receiver is
left alone (:class:`Pauses`). ``carga_vista`` keeps what was already seen inside an overlap window.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, insert, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert

from include.fusion.store.clock import later, now
from include.fusion.store.lists import chunks
from include.fusion.store.locks import lock, write_row
from include.fusion.store.tables import carga_vista, marca_dagua

# PostgreSQL: one statement for a whole page.
_MARK = text("""\
INSERT INTO carga_vista (integracao_id, processo, origem, chave, marcador)
SELECT :integracao_id, :processo, :origem, v.chave, v.marcador
FROM unnest(CAST(:chaves AS text[]), CAST(:marcadores AS text[])) AS v (chave, marcador)
ON CONFLICT DO NOTHING""")
_PULLED = text(
    "SELECT origem, marcador, detalhe FROM marca_dagua WHERE integracao_id = :integracao_id AND processo = :processo AND origem = ANY(:origens)"
)
_IN_WINDOW, _SHRUNK, _HISTORY, _PAUSE, _PULL = "na_janela", "encolhida:", "historico", "pausa", "pull:"
LAST_RUN = "execucao"
"""Name of the fact "the load last ran then", whatever it found."""
IN_PAUSE = """\
SELECT 1 FROM marca_dagua m WHERE m.integracao_id = 0 AND m.processo = {receiver} AND m.origem = 'pausa'
    AND m.executado_em > statement_timestamp()"""
"""Query that finds a row while ``receiver`` (an SQL expression) is left alone; see :class:`Pauses`."""


@dataclass(frozen=True)
class Watermark:
    """Position in an origin: rows after ``(marcador, chave)`` are not read yet. Both are text, in the origin's order.

    The database sets ``executado_em`` when the watermark is written. ``detalhe``: JSON that the load keeps beside it.
    """

    marcador: str | None
    chave: str | None = None
    executado_em: datetime | None = None
    detalhe: Mapping[str, Any] = field(default_factory=dict)

    @property
    def in_window(self) -> str | None:
        """Digest of what the overlap window held when it was last settled."""
        return self.detalhe.get(_IN_WINDOW)

    def settled(self, in_window: str) -> Watermark:
        """The same position, its window settled."""
        return Watermark(self.marcador, self.chave, detalhe={_IN_WINDOW: in_window})


class Watermarks:
    """Watermarks of one process of one integration. Write them in the transaction that enqueues."""

    def __init__(self, engine: Engine, integracao_id: int, processo: str) -> None:
        self._postgresql = engine.dialect.name == "postgresql"
        self.integracao_id = integracao_id
        self.processo = processo

    def _of_this(self, table: Table, origin: str) -> list[ColumnElement[bool]]:
        return [table.c[column] == value for column, value in self._key(origin).items()]

    def _key(self, origin: str) -> dict[str, Any]:
        return {"integracao_id": self.integracao_id, "processo": self.processo, "origem": origin}

    def read(self, con: Connection, origin: str) -> Watermark | None:
        """The watermark, or ``None`` before the first load."""
        t = marca_dagua.c
        row = con.execute(select(t.marcador, t.chave, t.executado_em, t.detalhe).where(*self._of_this(marca_dagua, origin))).first()
        return None if row is None else Watermark(*row[:3], json.loads(row.detalhe or "{}"))

    def lock(self, con: Connection, origin: str) -> Watermark | None:
        """Lock this origin until the transaction ends, even without a watermark yet, and read it. Lock first, then enqueue."""
        lock(con, self.integracao_id, f"marca:{self.processo}:{origin}")
        return self.read(con, origin)

    def write(self, con: Connection, origin: str, watermark: Watermark) -> None:
        """Move the watermark; ``executado_em`` becomes the database's now."""
        detail = json.dumps(dict(watermark.detalhe), ensure_ascii=False)
        new = {"marcador": watermark.marcador, "chave": watermark.chave, "executado_em": now(), "detalhe": detail}
        write_row(con, marca_dagua, self._key(origin), new)

    def done(self, con: Connection, name: str) -> None:
        """Note that ``name`` (a load, a sweep, the writing of a replica) was done now."""
        self.write(con, name, Watermark(None))

    def done_at(self, con: Connection, name: str) -> datetime | None:
        watermark = self.read(con, name)
        return watermark.executado_em if watermark else None

    def checkpoint(self, con: Connection) -> Mapping[str, Any]:
        """Where the initial load of this process is; empty before its first page."""
        watermark = self.read(con, _HISTORY)
        return watermark.detalhe if watermark else {}

    def save_checkpoint(self, con: Connection, key: str | None, detail: Mapping[str, Any]) -> None:
        self.write(con, _HISTORY, Watermark(None, key, detalhe=detail))

    def sick_since(self, con: Connection, name: str, *, lock: bool = False) -> datetime | None:
        """Since when a table is sick; ``None``: it is whole. ``lock``: nobody else may change that before this transaction ends."""
        watermark = (self.lock if lock else self.read)(con, _SHRUNK + name)
        return watermark.executado_em if watermark and watermark.marcador else None

    def note_health(self, con: Connection, name: str, *, sick: bool) -> None:
        self.write(con, _SHRUNK + name, Watermark("sim" if sick else None))

    def seen(self, con: Connection, origin: str, keys: Iterable[str]) -> set[tuple[str, str]]:
        """Which ``(chave, marcador)`` of these keys an earlier load already took."""
        t = carga_vista.c
        query = select(t.chave, t.marcador).where(*self._of_this(carga_vista, origin))
        return {(key, marker) for part in chunks(sorted(set(keys))) for key, marker in con.execute(query.where(t.chave.in_(part)))}

    def mark_seen(self, con: Connection, origin: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Note ``(chave, marcador)`` as taken; repetitions change nothing."""
        new = sorted(set(pairs))
        if not new:
            return
        if self._postgresql:
            con.execute(_MARK, {**self._key(origin), "chaves": [c for c, _ in new], "marcadores": [m for _, m in new]})
            return
        found = self.seen(con, origin, (key for key, _ in new))
        if missing := [pair for pair in new if pair not in found]:
            con.execute(insert(carga_vista), [{**self._key(origin), "chave": c, "marcador": m} for c, m in missing])

    def prune(self, con: Connection, origin: str, before: str) -> int:
        """Forget what was seen with an earlier marker. Markers are compared as text, so they need a fixed width, as ISO moments have."""
        return con.execute(delete(carga_vista).where(*self._of_this(carga_vista, origin), carga_vista.c.marcador < before)).rowcount


class PatientMarks:
    """How far each patient of one tenant was pulled, and from which record: a marker of another record says nothing about this one."""

    def __init__(self, integracao_id: int, tenant_id: str) -> None:
        self._common = {"integracao_id": integracao_id, "processo": tenant_id}

    def read(self, con: Connection, whose: Mapping[str, str]) -> dict[str, str]:
        """Markers by patient, of patients that are still linked to the same record. ``whose``: patient → address of the record."""
        rows = con.execute(_PULLED, {**self._common, "origens": [_PULL + p for p in whose]})
        found = [(origin.removeprefix(_PULL), watermark, start) for origin, watermark, start in rows]
        return {p: watermark for p, watermark, start in found if start in (None, whose[p])}

    def write(self, con: Connection, paciente: str, whose: str, marker: str) -> None:
        # One statement, because a first pull writes every patient; the platform's database is PostgreSQL.
        new = {"marcador": marker, "executado_em": now(), "detalhe": whose}
        row = pg_insert(marca_dagua).values({**self._common, "origem": _PULL + paciente, **new})
        con.execute(row.on_conflict_do_update(index_elements=marca_dagua.primary_key.columns, set_=new))


@dataclass(frozen=True)
class Pauses:
    """Receivers that are down are left alone: ``minima`` seconds after the first failure, then twice as long each time, up to ``maximum``."""

    minima: float
    maximum: float

    def pausar(self, con: Connection, who: str) -> None:
        before = con.execute(select(marca_dagua.c.marcador).where(*self._its(who))).scalar()
        pause = self.minima if before is None else min(self.maximum, 2 * float(before))
        key = {"integracao_id": 0, "processo": who, "origem": _PAUSE}
        write_row(con, marca_dagua, key, {"marcador": f"{pause:g}", "executado_em": later(pause)})

    def resume(self, con: Connection, who: str) -> None:
        """It answers again."""
        con.execute(delete(marca_dagua).where(*self._its(who)))

    def _its(self, who: str) -> tuple[ColumnElement[bool], ...]:
        m = marca_dagua.c
        return (m.integracao_id == 0, m.processo == who, m.origem == _PAUSE)
