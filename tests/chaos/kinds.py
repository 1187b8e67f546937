"""The kinds of fault. Each does one, and returns whom it concerned; ``None`` if there was nothing to do it to: then it is no fault."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass

import psutil
import psycopg2

from sandbox.sources import sources
from tests.chaos.stack import LEASE, ChaosHub
from tests.e2e.hub import DELIVERY, SYSTEMS, table_of

EVERYBODY = ""
"""Whom a fault concerns that no single integration has."""
QUEUES = "fusion_integracao"


@dataclass(frozen=True)
class Kind:
    """``share``: how often it is drawn, beside others. ``settles``: what it does only the reconciliation of ``docs/restauracao.md`` mends."""

    name: str
    do: Callable[[ChaosHub], str | None]
    share: int = 4
    settles: bool = False
    back: bool = False
    """A source's own time goes back with it."""


def killed_sender(hub: ChaosHub) -> str | None:
    """SIGKILL to a task that delivers."""
    return _signal(hub, signal.SIGKILL)


def killed_supervisor_in_a_429(hub: ChaosHub) -> str | None:
    """A sender waits out a 429 when its supervisor dies: it must not wake up and go on."""
    if (found := hub.delivering()) is None:
        return None
    with hub.falhas(parcela_429=1, retry_after=4):
        hub.let_be(1.5)
        with suppress(psutil.Error):
            if (supervisor := found[1].parent()) is not None:
                supervisor.kill()
        hub.let_be(0.5)
    return found[0]


def stopped_beyond_its_lease(hub: ChaosHub) -> str | None:
    """A sender is stopped until others took its rows, and goes on."""
    if (found := hub.delivering()) is None:
        return None

    def stop() -> None:
        with suppress(psutil.Error):
            found[1].suspend()
            time.sleep(LEASE + hub.rng.uniform(1, 5))
            found[1].resume()

    hub.later(stop)
    return found[0]


def _signal(hub: ChaosHub, number: signal.Signals) -> str | None:
    if (found := hub.delivering()) is None:
        return None
    with suppress(psutil.Error):
        found[1].send_signal(number)
        return found[0]
    return None


def killed_component(hub: ChaosHub) -> str | None:
    """One of Airflow's processes, or Fusion."""
    name = hub.rng.choice(("scheduler", "triggerer", "dag-processor", "api-server", "fusion"))
    if not hub.may_kill(name):
        return None
    hub.kill(name)
    hub.let_be(0.5)
    return EVERYBODY


def crashed_database(hub: ChaosHub) -> str | None:
    """PostgreSQL, that of sources, queues, Fusion and Airflow, stops in a hurry or dies."""
    if not hub.may_kill("postgres", 60):
        return None
    hub.kill("postgres", hub.rng.choice((signal.SIGINT, signal.SIGQUIT)))
    hub.let_be(2)
    return EVERYBODY


def cut_sessions(hub: ChaosHub) -> str | None:
    """Every session of the hub in one database ends."""
    database = hub.rng.choice((QUEUES, *SYSTEMS))
    pids = hub.backends(database)
    if not pids:
        return None
    hub.sql(database, "select pg_terminate_backend(pid) from unnest(%s) pid", pids)
    return database if database in SYSTEMS else EVERYBODY


def silent_sessions(hub: ChaosHub) -> str | None:
    """The server's side of the hub's sessions in one database stands still: it accepts, and says nothing."""
    database = hub.rng.choice((QUEUES, *SYSTEMS))
    pids = hub.backends(database)
    if not pids:
        return None

    def freeze() -> None:
        _each(pids, signal.SIGSTOP)
        time.sleep(hub.rng.uniform(4, LEASE + 4))
        _each(pids, signal.SIGCONT)

    hub.later(freeze)
    return database if database in SYSTEMS else EVERYBODY


def _each(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            if psutil.Process(pid).name().startswith("postgres"):
                os.kill(pid, number)


def locked_queue(hub: ChaosHub) -> str | None:
    """Somebody holds a lock on the queue's table for some seconds."""
    system = hub.rng.choice(SYSTEMS)

    def hold() -> None:
        with suppress(psycopg2.Error), closing(psycopg2.connect(hub.url(QUEUES))) as con, con.cursor() as cur:
            cur.execute(f"lock table {table_of(system)} in access exclusive mode")
            time.sleep(hub.rng.uniform(1, 4))

    hub.later(hold)
    return system


def _answers(**faults: float | bool | str) -> Callable[[ChaosHub], str | None]:
    def answer(hub: ChaosHub) -> str | None:
        with hub.falhas(**faults):
            hub.let_be(hub.rng.uniform(1, 3))
        return EVERYBODY

    return answer


def refused_record(hub: ChaosHub) -> str | None:
    """Fusion answers 500 to one record for some seconds."""
    system = hub.rng.choice(SYSTEMS)
    waiting = hub.one(QUEUES, f"select chave from {table_of(system)} where situacao in ('pendente', 'reservado') limit 1")
    if waiting is None:
        return None
    with hub.falhas(registro=str(waiting), registro_status=500):
        hub.let_be(2)
    return system


def cleared_in_the_middle(hub: ChaosHub) -> str | None:
    """Somebody clears a task that is delivering."""
    if (found := hub.delivering()) is None:
        return None
    system = found[0]
    running = next((r["dag_run_id"] for r in hub.runs(system) if r["state"] == "running"), None)
    if running is None:
        return None
    hub.clean(system, running, DELIVERY[system])
    return system


def triggered_besides(hub: ChaosHub) -> str | None:
    """Somebody triggers a run while another is under way."""
    system = hub.rng.choice(SYSTEMS)
    hub.trigger(system)
    return system


def paused_for_a_moment(hub: ChaosHub) -> str | None:
    system = hub.rng.choice(SYSTEMS)
    with hub.paused(system):
        hub.let_be(hub.rng.uniform(0.5, 2))
    return system


def late_commit(hub: ChaosHub) -> str | None:
    """A change is committed long after its timestamp, beyond the overlap that searches read again."""
    system = hub.rng.choice(SYSTEMS)

    def commit() -> None:
        with suppress(psycopg2.Error), closing(psycopg2.connect(hub.url(system), application_name="late")) as con:
            sources()[system].module.change(con, hub.rng)
            time.sleep(130)
            con.commit()

    hub.later(commit)
    return system


def clock_ahead(hub: ChaosHub) -> str | None:
    """The source's clock was two hours ahead for one change, and is right again."""
    ahead = """update dbo.atendimento set queixaprincipal = coalesce(queixaprincipal, '') || '.', atualizadoem = atualizadoem + interval '2 hours'
where atendimentoid = (select atendimentoid from dbo.atendimento where excluido = 0 and situacao <> 'C' order by random() limit 1)"""
    hub.sql("consulfarma", ahead)
    return "consulfarma"


def empty_airflow(hub: ChaosHub) -> str | None:
    """Airflow's metadata is lost."""
    hub.restart_airflow_empty()
    return EVERYBODY


CHEAP = (
    Kind("sender killed", killed_sender, 8),
    Kind("supervisor killed in a 429", killed_supervisor_in_a_429, 6),
    Kind("component killed", killed_component, 5),
    Kind("hub's sessions cut", cut_sessions, 8),
    Kind("queue table locked", locked_queue, 5),
    Kind("Fusion slow", _answers(atraso_ms=1500), 4),
    Kind("Fusion 500", _answers(parcela_500=1), 4),
    Kind("Fusion 500, half of it", _answers(parcela_500=0.5), 4),
    Kind("Fusion 429", _answers(parcela_429=1, retry_after=1), 4),
    # Who meets it three times while others get through is refused until the nightly reconciliation tries again.
    Kind("Fusion 403", _answers(parcela_403=1), 4, settles=True),
    Kind("Fusion 404 on every route", _answers(parcela_404=1), 6),
    Kind("connections cut after the write", _answers(parcela_reset=0.4, reset_depois_de_aplicar=True), 6),
    Kind("half answers", _answers(parcela_meia_resposta=0.4), 4),
    Kind("one record 500", refused_record, 4),
    Kind("task cleared while it delivers", cleared_in_the_middle, 6),
    Kind("run triggered besides", triggered_besides, 5),
    Kind("DAG paused and unpaused", paused_for_a_moment, 4),
)
"""Those that any stack bears, each within seconds."""
LONG = (
    Kind("sender stopped beyond its lease", stopped_beyond_its_lease, 8),
    Kind("hub's sessions silent", silent_sessions, 6),
    Kind("source's clock two hours ahead", clock_ahead, 2, settles=True, back=True),
)
RARE = (
    Kind("database stopped or crashed", crashed_database),
    Kind("Airflow's metadata lost", empty_airflow, 1),
    Kind("commit 130 s after its timestamp", late_commit, 2, settles=True),
)
"""At most one of these in a round, with the restores."""
