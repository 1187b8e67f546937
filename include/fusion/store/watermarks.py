"""What ``marca_dagua`` keeps, one row per (integration, process, name). Seven kinds of fact share its columns; here each has its accessor:

how far an origin was read and what its overlap window held (:class:`Watermark`) · when something was last done · where an initial load stands ·
since when a table is sick · who is on duty (``presence.py``) · how far one patient was pulled (:class:`PatientMarks`) · until when a
receiver is left alone (:class:`Pauses`). ``carga_vista`` keeps what was already seen inside an overlap window.
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
from include.fusion.store.locks import lock, write_row
from include.fusion.store.tables import carga_vista, marca_dagua

_LIST_MAX = 500
# One statement for a whole page; other engines write row by row.
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
"""Name under which it is kept when the load last ran, whatever it found."""
IN_PAUSE = """\
SELECT 1 FROM marca_dagua m WHERE m.integracao_id = 0 AND m.processo = {receiver} AND m.origem = 'pausa'
    AND m.executado_em > statement_timestamp()"""
"""Query for a receiver (an SQL expression) that is left alone right now; see :class:`Pauses`."""


@dataclass(frozen=True)
class Watermark:
    """Position in an origin: rows after ``(marcador, chave)`` are still to be read. Both are text, sorted as the origin sorts them.

    ``executado_em`` is set by the database when the mark is written. ``detalhe``: whatever JSON the load wants to keep beside it.
    """

    marcador: str | None
    chave: str | None = None
    executado_em: datetime | None = None
    detalhe: Mapping[str, Any] = field(default_factory=dict)

    @property
    def in_window(self) -> str | None:
        """What the overlap window held, in short, when it was last found to hold nothing new."""
        return self.detalhe.get(_IN_WINDOW)

    def settled(self, in_window: str) -> Watermark:
        """The same position, with a window that holds nothing new."""
        return Watermark(self.marcador, self.chave, detalhe={_IN_WINDOW: in_window})


class Watermarks:
    """Watermarks of one process of one integration, written in the same transaction as what was enqueued."""

    def __init__(self, engine: Engine, integracao_id: int, processo: str) -> None:
        self._postgresql = engine.dialect.name == "postgresql"
        self.integracao_id = integracao_id
        self.processo = processo

    def _of_this(self, table: Table, origin: str) -> list[ColumnElement[bool]]:
        return [table.c[column] == value for column, value in self._key(origin).items()]

    def _key(self, origin: str) -> dict[str, Any]:
        return {"integracao_id": self.integracao_id, "processo": self.processo, "origem": origin}

    def read(self, con: Connection, origin: str) -> Watermark | None:
        """The mark, or ``None`` before the first load."""
        t = marca_dagua.c
        row = con.execute(select(t.marcador, t.chave, t.executado_em, t.detalhe).where(*self._of_this(marca_dagua, origin))).first()
        return None if row is None else Watermark(row[0], row[1], row[2], json.loads(row[3] or "{}"))

    def lock(self, con: Connection, origin: str) -> Watermark | None:
        """Hold this origin until the transaction ends, mark or no mark yet, and read it. Lock first, enqueue after."""
        lock(con, self.integracao_id, f"marca:{self.processo}:{origin}")
        return self.read(con, origin)

    def write(self, con: Connection, origin: str, watermark: Watermark) -> None:
        """Move the mark; ``executado_em`` becomes the database's now."""
        detail = json.dumps(dict(watermark.detalhe), ensure_ascii=False)
        new = {"marcador": watermark.marcador, "chave": watermark.chave, "executado_em": now(), "detalhe": detail}
        write_row(con, marca_dagua, self._key(origin), new)

    def done(self, con: Connection, name: str) -> None:
        """``name`` (a load, a sweep, the writing of an image) was done now."""
        self.write(con, name, Watermark(None))

    def done_at(self, con: Connection, name: str) -> datetime | None:
        watermark = self.read(con, name)
        return watermark.executado_em if watermark else None

    def checkpoint(self, con: Connection) -> Mapping[str, Any]:
        """Where the initial load of this process stands; empty before its first page."""
        watermark = self.read(con, _HISTORY)
        return watermark.detalhe if watermark else {}

    def save_checkpoint(self, con: Connection, key: str | None, detail: Mapping[str, Any]) -> None:
        self.write(con, _HISTORY, Watermark(None, key, detalhe=detail))

    def sick_since(self, con: Connection, name: str, *, lock: bool = False) -> datetime | None:
        """When a table was found sick; ``None`` while it is whole. ``lock``: nobody else may settle it before this transaction ends."""
        watermark = (self.lock if lock else self.read)(con, _SHRUNK + name)
        return watermark.executado_em if watermark and watermark.marcador else None

    def note_health(self, con: Connection, name: str, *, sick: bool) -> None:
        self.write(con, _SHRUNK + name, Watermark("sim" if sick else None))

    def seen(self, con: Connection, origin: str, keys: Iterable[str]) -> set[tuple[str, str]]:
        """Which ``(chave, marcador)`` of these keys an earlier load took already."""
        t = carga_vista.c
        items_list = sorted(set(keys))
        found: set[tuple[str, str]] = set()
        for i in range(0, len(items_list), _LIST_MAX):
            query = select(t.chave, t.marcador).where(*self._of_this(carga_vista, origin), t.chave.in_(items_list[i : i + _LIST_MAX]))
            found.update((key, marker) for key, marker in con.execute(query))
        return found

    def mark_seen(self, con: Connection, origin: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Remember ``(chave, marcador)`` as taken; what is there already stays."""
        new = sorted(set(pairs))
        if not new:
            return
        if self._postgresql:
            values = {"chaves": [c for c, _ in new], "marcadores": [m for _, m in new]}
            con.execute(_MARK, {**self._key(origin), **values})
            return
        found = self.seen(con, origin, (key for key, _ in new))
        if missing := [pair for pair in new if pair not in found]:
            con.execute(insert(carga_vista), [{**self._key(origin), "chave": c, "marcador": m} for c, m in missing])

    def prune(self, con: Connection, origin: str, before: str) -> int:
        """Forget what was seen with a marker before ``before``, compared as text: markers need a fixed width (ISO moments have it)."""
        return con.execute(delete(carga_vista).where(*self._of_this(carga_vista, origin), carga_vista.c.marcador < before)).rowcount


class PatientMarks:
    """How far each patient of one tenant was pulled, and from whom: a marker of another record says nothing of this one's history."""

    def __init__(self, integracao_id: int, tenant_id: str) -> None:
        self._common = {"integracao_id": integracao_id, "processo": tenant_id}

    def read(self, con: Connection, whose: Mapping[str, str]) -> dict[str, str]:
        """Markers by patient, of those who are still linked to ``whose`` (patient → address of the record)."""
        rows = con.execute(_PULLED, {**self._common, "origens": [_PULL + p for p in whose]})
        found = [(origin.removeprefix(_PULL), watermark, start) for origin, watermark, start in rows]
        return {p: watermark for p, watermark, start in found if start in (None, whose[p])}

    def write(self, con: Connection, paciente: str, whose: str, marker: str) -> None:
        # One statement, since a first pull writes one for every patient; the platform's database is PostgreSQL.
        new = {"marcador": marker, "executado_em": now(), "detalhe": whose}
        row = pg_insert(marca_dagua).values({**self._common, "origem": _PULL + paciente, **new})
        con.execute(row.on_conflict_do_update(index_elements=marca_dagua.primary_key.columns, set_=new))


class Pauses:
    """Receivers that are left alone for a while because they are down: ``minima`` seconds after the first failure, twice as long after each
    more, ``maximum`` at most."""

    def __init__(self, minima: float, maximum: float) -> None:
        self.minima, self.maximum = minima, maximum

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
