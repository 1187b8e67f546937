"""Watch plan: all that a watcher needs to know of an integration, as plain data; and the code that carries it out.

The triggerer loads no code from Git: it has the engine of the image. So the DAG file's version of the engine puts everything that a push may
change into the plan (statements, markers, windows, queues, connections), and this module knows no system. ``include.fusion.wiring.watch``
makes a plan of:

- ``format``: the maker's ``include.fusion.wiring.FACE``; ``integration``: the entry's id; ``every``: seconds between two looks;
- ``connections``: ids for ``queues``, ``source`` and ``fusion``;
- ``number`` (IntegracaoID), ``queues`` ([table, process]…), ``presence`` and ``watermarks`` (processes): for the integration database;
- ``due_every``: seconds after which an unwatched search is due, or ``None``;
- ``source``: the questions to the source (:class:`SourceWatch`), or ``None``;
- ``pendencies``: the question to Fusion (``path``, ``application``, ``served``, ``page``; ``table`` and ``process`` of the queue), or ``None``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, TextClause, text

from include.fusion.change.compare import SnapshotWatcher
from include.fusion.change.pendencies import Pendencias
from include.fusion.change.watcher import IntegracaoState, Target
from include.fusion.change.window import look_at_window, window_digest
from include.fusion.reading.spec import Origin, Snapshot, SystemSpec
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.filas import Fila
from include.fusion.store.watermarks import Watermark, Watermarks

MARKERS: Mapping[str, Callable[[str], Any]] = {"moment": datetime.fromisoformat, "integer": int, "text": str}
"""Converts a stored marker to the type of the source's column."""


class PlannedQueries(SystemQueries):
    """The statements of a plan, under the file names that the other modules use."""

    def __init__(self, engine: Engine, source: Mapping[str, Any]) -> None:
        origins = tuple(Origin(o["name"], tuple(o["requires"]), sobreposicao=timedelta(seconds=o["overlap"])) for o in source["origins"])
        tables = tuple(Snapshot(t["name"], t["table"], principal=t["main"]) for t in source["tables"])
        marker, counters = MARKERS[source["marker"]], "counters" if source["counters"] else ""
        super().__init__(engine, SystemSpec(source["system"], origins, read_marker=marker, snapshots=tables, sql_changes=counters))
        texts = {"counters": source["counters"]}
        for origin, carried in zip(origins, source["origins"], strict=True):
            texts |= {origin.sql: carried["change"], origin.sql_probe: carried["probe"]}
        texts |= {table.sql_blocks: carried["blocks"] for table, carried in zip(tables, source["tables"], strict=True)}
        self.journals = [f"journal {n}" for n in range(len(source["journals"]))]
        texts |= dict(zip(self.journals, source["journals"], strict=True))
        self._statements = {name: text(statement) for name, statement in texts.items()}

    def sql(self, file: str) -> TextClause:
        """Statement of that name."""
        return self._statements[file]


class SourceWatch:
    """Looks at one source. Work is a row in a journal, a table that differs from its snapshot, or a change around the watermark.

    A window that is not settled is work, too: the run that moved the watermark was stopped before its last look.

    ``source`` has ``system`` (its name), ``marker`` (a key of :data:`MARKERS`), and statements as text: ``journals`` (probes),
    ``origins`` (``name``, ``requires`` as table.column, ``overlap`` in seconds, ``change``, ``probe``), ``tables`` (``name``, ``table``, ``main``,
    ``blocks``), ``counters`` of the tables' writes.
    """

    def __init__(self, source: Mapping[str, Any], engine: Engine, fusion: Engine, marks: Watermarks) -> None:
        self._queries = PlannedQueries(engine, source)
        self._tables = SnapshotWatcher(self._queries, fusion, marks)

    def has_work(self, watermarks: Mapping[str, Watermark]) -> bool:
        """Whether there are changes that the watermarks (by origin) do not cover."""
        with self._queries.engine.connect() as con:
            return (
                any(self._queries.rows(con, name)[0]["quantidade"] for name in self._queries.journals)
                or any(self._moved(con, o, watermarks.get(o.nome, Watermark(None))) for o in self._queries.origins)
                or self._tables.has_work(con, watermarks)
            )

    def _moved(self, con: Connection, origin: Origin, mark: Watermark) -> bool:
        marker: Any = None if mark.marcador is None else self._queries.sistema.read_marker(mark.marcador)
        since = datetime(1753, 1, 1) if marker is None else marker
        if isinstance(marker, datetime):
            since = marker - origin.window(timedelta(0))
        row = self._queries.rows(con, origin.sql_probe, marcador=since)[0]
        if not row["quantidade"]:
            return False
        # The probe may count rows that a carga does not take (a patient without attendances). A look that found no work has settled
        # the window: there is none until the answer changes.
        settled = mark.in_window
        if marker is None or settled is None or not f"{settled}/".startswith(f"{window_digest(row)}/"):
            return True
        return bool(settled != look_at_window(self._queries, con, origin, since, mark.marcador, row))


class Watch:
    """Carries out a plan. ``engine_for(connection)`` opens an engine, ``client_for(connection, requests at once)`` a client of Fusion."""

    def __init__(self, plan: Mapping[str, Any], engine_for: Callable[[str], Engine], client_for: Callable[[str, int], Any]) -> None:
        self.plan = plan
        self._engine_for = engine_for
        self._client_for = client_for
        self._engines: dict[str, Engine] = {}
        self._asks: SourceWatch | Pendencias | None = None

    @property
    def target(self) -> Target:
        """What to ask the integration database."""
        plan = self.plan
        return Target(plan["number"], tuple((table, process) for table, process in plan["queues"]), plan["presence"], plan["watermarks"])

    def reason(self, state: IntegracaoState) -> str | None:
        """Why a run must start, or ``None``. ``state`` is that of the integration database; this may ask the source or Fusion."""
        if state.on_duty:
            return None
        if state.ready:
            return "fila"
        due = self.plan["due_every"]
        if due is not None and state.is_due(timedelta(seconds=due)):
            return "intervalo"
        if self._asks is None:
            self._asks = self._open()
        return "origem" if self._asks is not None and self._asks.has_work(state.watermarks) else None

    def close(self) -> None:
        """Close the connections."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        self._asks = None

    def _open(self) -> SourceWatch | Pendencias | None:
        source, asked, names = self.plan["source"], self.plan["pendencies"], self.plan["connections"]
        if source is None and asked is None:
            return None
        fusion = self._engine(names["queues"])
        marks = Watermarks(fusion, self.plan["number"], self.plan["watermarks"])
        if source is not None:
            return SourceWatch(source, self._engine(names["source"]), fusion, marks)
        wanted = {name: asked[name] for name in ("path", "application", "served", "page")}
        queue = Fila(fusion, self.plan["number"], asked["process"], asked["table"])
        return Pendencias(fusion, queue, marks, self._client_for(names["fusion"], Pendencias.CONNECTIONS), **wanted)

    def _engine(self, conn_id: str) -> Engine:
        if conn_id not in self._engines:
            self._engines[conn_id] = self._engine_for(conn_id)
        return self._engines[conn_id]
