"""A sample of recent records, mapped for the sake of the codes in them."""

from __future__ import annotations

from datetime import datetime, timedelta

from include.fusion.change.replay import ReplayRequest
from include.fusion.checkup.codes import Census, read_sample
from include.fusion.checkup.statements import INITIAL_KEYS
from include.fusion.reading.reader import Reader
from include.fusion.reading.sql import SystemQueries, sql_folder
from include.fusion.store.unmapped_codes import read_unmapped
from include.fusion.wiring.delivery import Runtime

RECENT = timedelta(days=30)
SAMPLE = 1000
"""Records; they are read in batches, as a run reads them."""
ENOUGH = 200
"""A hospital without so many recent records shows older ones, too."""
PATIENT = "paciente"


def take_census(runtime: Runtime, queries: SystemQueries) -> Census | None:
    """The codes of recent records, and those without De/Para that runs have met; ``None`` for a system that reads nothing."""
    system, entry = runtime.sistema, runtime.integracao
    if not system.readings:
        return None
    census = Census.load(entry.id, entry.sistema)
    rows = _rows(queries, ReplayRequest(inicio=(datetime.now(entry.zone) - RECENT).date()))
    if len(rows) < ENOUGH:
        rows += _rows(queries, ReplayRequest()) or _before_the_load(queries)
    context = system.make_context(entry, census)
    if system.map_record is not None:
        read_sample(Reader(queries, context), list(dict.fromkeys(str(row["chave"]) for row in rows)))
    if PATIENT in system.others:
        patients = dict.fromkeys(str(row["chave_paciente"]) for row in rows if row.get("chave_paciente") is not None)
        read_sample(Reader(queries, context, PATIENT), list(patients))
    with runtime.fusion.connect() as con:
        return census.add(read_unmapped(con, entry.integracao_id))


def _before_the_load(queries: SystemQueries) -> list[dict[str, object]]:
    """Keys from the tables of an initial load of the system's own, where the others come into being by that load."""
    if not (sql_folder(queries.sistema.nome) / INITIAL_KEYS).exists():
        return []
    with queries.engine.connect() as con:
        return queries.rows(con, INITIAL_KEYS, chave=0, limite=SAMPLE)


def _rows(queries: SystemQueries, request: ReplayRequest) -> list[dict[str, object]]:
    system = queries.sistema
    with queries.engine.connect() as con:
        return queries.rows(con, system.sql_keys, chave=None, limite=SAMPLE, **request.filters(system))
