"""A running stack as the tests see it: Airflow's REST API, SQL on every database, changes at the sources, faults, kills."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg2
import yaml

from include.fusion.settings import Integracao, obtain
from include.fusion.settings.registry import systems
from include.fusion.sistemas.fusion_service.settings import FusionService
from include.fusion.wiring.names import system_of
from sandbox.fusion.__main__ import ask_faults
from sandbox.origens.base import Change
from sandbox.postgres import Postgres
from sandbox.report import query
from sandbox.report.agenda import divergent_agendamentos
from sandbox.report.facts import check
from sandbox.report.hl7 import missing_pacientes
from sandbox.report.report import divergent, divergent_pacientes
from sandbox.simulador import Origin, create_register
from sandbox.sources import simulated, sources, with_attendances
from sandbox.stack import airflow_api, componentes
from sandbox.stack.ambiente import EXAMPLE, UI_USER, dsn
from sandbox.stack.estado import StackState
from sandbox.stack.filhos import end_process
from sandbox.stack.pilha import Stack
from sandbox.stack.situacao import depths
from tests import SETTINGS

HL7 = "hl7"
"""Connection of TrackCare's messages."""
INITIAL = "esus_ab_carga_inicial"
INITIAL_RUNS = (INITIAL, "mv_carga_inicial", "trackcare_carga_inicial")
SYSTEMS = with_attendances()
FIRST = {name: sources()[name].run.first for name in SYSTEMS}
"""First task of each integration's run; its DAG has the integration's name."""
DELIVERY = {name: sources()[name].run.delivers for name in SYSTEMS}
"""The task that delivers attendances."""
AIRFLOW = ("scheduler", "triggerer", "dag-processor", "api-server")
DOWN = (psycopg2.Error, urllib.error.URLError, OSError)
"""What a look at a stack that is being killed may meet: no answer yet."""
END = ("success", "failed")
RECONCILIATION = ("integracoes", "comparar", "retidos", "confirmar", "cancelar", "alarme")
"""Tasks of ``conciliacao``."""
PACIENCIA = 300.0
"""Seconds after which what should have happened counts as broken. No test measures speed: this is far beyond what anything takes, for a
machine that is busy with other things must not fail it."""
REPEATED = """select id, integracao_id, codigo, k, chave_idempotencia from (
    select a.*, lag(hash_conteudo) over w as h, lag(operacao) over w as o, lag(chave_idempotencia) over w as k from aplicacao a
    window w as (partition by entidade, integracao_id, codigo order by id)) t
where h = hash_conteudo and o = operacao and not id = any(%s)
  and mod(split_part(chave_idempotencia, '-', 3)::bigint - split_part(k, '-', 3)::bigint + 4096, 4096) <= 1"""
"""The same content twice in a row. Not so where the ledger's count (the number's low part) skips one: another content was announced in between and died with its
sender before it left, which nobody can know, so the one before had to be said again."""
OUT_OF_ORDER = """select id, integracao_id, codigo from (
    select a.*, lag(atualizado_em) over (partition by entidade, integracao_id, codigo order by id) as antes
      from aplicacao a where atualizado_em is not null) t
where atualizado_em < antes"""

_STATUS = "select md5(string_agg(md5(r::text), '' order by integracao_id, codigo)) from registro r"
_PENDENCIAS_ABERTAS = "select count(*) from registro where entidade = 'AplicacaoPendencia' and not corpo ? 'dataProcessamento'"


class Hub:
    """One stack in ``folder``; ``close`` ends every process and removes every file."""

    def __init__(self, folder: Path, semente: int = 7) -> None:
        self.estado = StackState(folder)
        self.rng = random.Random(semente)
        self.stack = Stack(self.estado, lambda text: print(text, flush=True))
        self.said: list[str] = []
        """Everything that an Airflow database which a test threw away had said."""
        self.requested_ones: list[int] = []
        """Applications that a test asked for a second time on purpose."""
        self._token: str | None = None

    # -- life ----------------------------------------------------------------------------------------------------------------

    def open(self) -> Hub:
        os.environ["FUSION_ATENDIMENTOS"] = "40"
        os.environ["FUSION_SETTINGS"] = str(self._settings())
        os.environ["FUSION_FHIR_PERMANENCIA"] = "2"
        assert self.estado.lock()
        self.stack.start_up(None)
        self._create_hl7_connection()
        create_register(self.url("simulador"))
        self.wait(lambda: not airflow_api.missing_dags(self.estado))
        return self

    def _settings(self) -> Path:
        """The example with runs that end, and try again, sooner (the tests wait for both), and none by the clock."""
        data = yaml.safe_load(EXAMPLE.read_text())
        for entry in data["integracoes"]:
            self.adjust(entry, sources()[entry["sistema"]].run.lasts)
        file = self.estado.folder / "integracoes.yaml"
        file.write_text(yaml.safe_dump(data, allow_unicode=True))
        return file

    def adjust(self, entry: dict[str, Any], lasts: str) -> None:
        """Change one entry of the example. ``lasts``: settings section of its run's last step."""
        entry[lasts]["permanencia"] = 2
        entry["retentativas"] = {"maximo": 3, "espera": 2, "espera_max": 10}
        # What the watchers miss must not be found by the clock.
        entry["rede_de_seguranca"] = "1.00:00:00"
        if entry["sistema"] == "consulfarma":
            entry["conciliacao"] = {"minimo_cancelamentos": 2}
        if entry["sistema"] == "mv":
            # Many batches, so that a load goes on for as long as a test looks at what passes it by.
            entry["carga_inicial"]["lote"] = 4
        if entry["sistema"] == "trackcare":
            entry["conexoes"]["hl7"] = HL7

    def close(self) -> None:
        self.stack.stop(wait=6)
        query.close()
        Postgres(self.estado.postgres).delete()
        self.estado.unlock()
        for name in ("FUSION_ATENDIMENTOS", "FUSION_FHIR_PERMANENCIA"):
            os.environ.pop(name, None)
        os.environ["FUSION_SETTINGS"] = str(SETTINGS)
        shutil.rmtree(self.estado.folder)

    def wait(self, condition: Callable[[], Any], message: str = "") -> None:
        """Keep the stack alive until ``condition`` holds; what is down meanwhile counts as not yet."""
        limit = time.monotonic() + PACIENCIA
        done = False

        def end() -> bool:
            nonlocal done
            try:
                done = bool(condition())
            except DOWN:
                done = False
            return done or time.monotonic() > limit

        self.stack.watch(end, step=0.25)
        assert done, message or f"not within {PACIENCIA:.0f} s"

    def let_be(self, seconds: float) -> None:
        """Let time pass, with the stack watched over."""
        end = time.monotonic() + seconds
        self.stack.watch(lambda: time.monotonic() >= end, step=0.1)

    # -- databases -----------------------------------------------------------------------------------------------------------

    def url(self, database: str) -> str:
        return dsn(self.estado, self.stack.pg_password, sources()[database].database if database in sources() else database)

    def sql(self, database: str, command: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of one statement, committed; ``database`` is a database or a source system."""
        with query.connection(self.url(database)) as con, con.cursor() as cur:
            cur.execute(command, values or None)
            names = [column.name for column in cur.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in cur.fetchall()] if names else []
            con.commit()
            return rows

    def one(self, database: str, command: str, *values: Any) -> Any:
        """First value of the first row, ``None`` of nothing."""
        rows = self.sql(database, command, *values)
        return next(iter(rows[0].values())) if rows else None

    def fila(self, system: str, key: str) -> dict[str, Any]:
        """Newest queue row of one attendance."""
        rows = self.sql(
            "fusion_integracao",
            f"select * from {table_of(system)} where integracao_id = %s and chave = %s order by id desc",
            integracao(system).integracao_id,
            key,
        )
        return rows[0] if rows else {}

    def applied(self) -> int:
        """How many writes Fusion has applied so far."""
        return int(self.one("fusion", "select count(*) from aplicacao"))

    # -- sources -------------------------------------------------------------------------------------------------------------

    def change(self, system: str, times_seen: int = 1, *, invalid: str | None = None) -> list[Change]:
        """Changes at one source, each in a transaction of its own."""
        module = sources()[system].module
        con = psycopg2.connect(self.url(system))
        done = []
        try:
            for _ in range(times_seen):
                done.append(module.change_invalid(con, self.rng, invalid) if invalid else module.change(con, self.rng))
                con.commit()
        finally:
            con.close()
        return done

    @contextmanager
    def movement(self, rate: float = 3.0) -> Iterator[None]:
        """All sources at work while the block runs."""
        end = threading.Event()
        origins = [
            Origin(s, self.url(s), self.url("simulador"), rate=rate, duration=0, invalid_share=0, semente=self.rng.getrandbits(30), end=end)
            for s in simulated()
            if s in systems()
        ]
        for origin in origins:
            origin.start()
        try:
            yield
        finally:
            end.set()
            for origin in origins:
                origin.join()

    # -- Airflow -------------------------------------------------------------------------------------------------------------

    def api(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One call to Airflow's public API, ``path`` below /api/v2."""
        if self._token is None:
            login = {"username": UI_USER, "password": self.estado.secrets["senha_ui"]}
            self._token = str(airflow_api.ask(self.estado, "POST", "/auth/token", login)["access_token"])
        return airflow_api.ask(self.estado, method, f"/api/v2{path}", body, self._token)

    def runs(self, dag: str) -> list[dict[str, Any]]:
        """Newest first."""
        return list(self.api("GET", f"/dags/{dag}/dagRuns?limit=100&order_by=-run_after")["dag_runs"])

    def trigger(self, dag: str, **conf: Any) -> str:
        return str(self.api("POST", f"/dags/{dag}/dagRuns", {"logical_date": None, "conf": conf})["dag_run_id"])

    def run_task(self, dag: str, **conf: Any) -> str:
        """Trigger with a form and wait for the end; the run's id."""
        run = self.trigger(dag, **conf)
        self.finish(dag, run)
        return run

    def state_of(self, dag: str, run: str) -> str:
        return str(self.api("GET", f"/dags/{dag}/dagRuns/{quote(run)}")["state"])

    def finish(self, dag: str, run: str) -> str:
        self.wait(lambda: self.state_of(dag, run) in END, f"{dag} did not end")
        return self.state_of(dag, run)

    def tasks(self, dag: str, run: str) -> dict[str, dict[str, Any]]:
        """Task instances of one run by task_id."""
        items = self.api("GET", f"/dags/{dag}/dagRuns/{quote(run)}/taskInstances")["task_instances"]
        return {t["task_id"]: t for t in items}

    def xcom(self, dag: str, run: str, task: str, key: str = "return_value") -> Any:
        return self.api("GET", f"/dags/{dag}/dagRuns/{quote(run)}/taskInstances/{task}/xcomEntries/{key}")["value"]

    def log(self, dag: str, run: str, task: str, attempt: int | None = None) -> str:
        """Log of one try (the last one), as text."""
        attempt = attempt or self.tasks(dag, run)[task]["try_number"]
        response = self.api("GET", f"/dags/{dag}/dagRuns/{quote(run)}/taskInstances/{task}/logs/{attempt}?full_content=true")
        return str(response["content"])

    def clean(self, dag: str, run: str, *tasks: str) -> None:
        """Clear tasks as a person does in the UI."""
        body = {"dry_run": False, "dag_run_id": run, "task_ids": list(tasks), "only_failed": False, "include_downstream": False}
        self.api("POST", f"/dags/{dag}/clearTaskInstances", body)

    def answer(self, dag: str, run: str, task: str, chosen: str) -> None:
        """Answer the question of a task's first mapped instance, as a person does in the UI; waits until it is asked."""
        path = f"/dags/{dag}/dagRuns/{quote(run)}/taskInstances/{task}/0/hitlDetails"
        self.wait(lambda: self.tasks(dag, run)[task]["state"] == "awaiting_input", f"{task} asks nothing")
        # Nobody reads faster. An answer within the same second meets the scheduler still parking the task: Airflow then asks again.
        self.let_be(4)
        self.api("PATCH", path, {"chosen_options": [chosen], "params_input": {}})

    def pausar(self, dag: str, paused: bool) -> None:
        self.api("PATCH", f"/dags/{dag}", {"is_paused": paused})

    def _create_hl7_connection(self) -> dict[str, Any]:
        """Where TrackCare's messages go: kept in Airflow's database, since a component's environment cannot change while it runs."""
        return self.api("POST", "/connections", {"connection_id": HL7, **self._fusion_http})

    @property
    def _fusion_http(self) -> dict[str, Any]:
        return dict(json.loads(self.stack.env["AIRFLOW_CONN_FUSION_API"]))

    @contextmanager
    def hl7_over(self, **fields: Any) -> Iterator[None]:
        """TrackCare's messages go another way while the block runs."""
        self.api("PATCH", f"/connections/{HL7}", {"connection_id": HL7, **fields})
        try:
            yield
        finally:
            self.api("PATCH", f"/connections/{HL7}", {"connection_id": HL7, **self._fusion_http})

    @contextmanager
    def paused(self, dag: str) -> Iterator[None]:
        self.pausar(dag, True)
        try:
            yield
        finally:
            self.pausar(dag, False)

    def provoke(self, dag: str, do: Callable[[Hub], Any], tasks: set[str]) -> str:
        """On a hub at rest: ``do``, and wait for a run of the watcher's in which all these tasks did something; its id.

        Should the safety net have come first and dealt with it, ``do`` once more: a run by the clock looks everywhere.
        """
        before = {r["dag_run_id"] for r in self.runs(dag)}
        do(self)
        match: list[str] = []

        def done() -> bool:
            new = {r["dag_run_id"]: r["run_type"] for r in self.runs(dag) if r["dag_run_id"] not in before and r["state"] in END}
            vigiadas = [r for r, kind in new.items() if kind == "asset_triggered"]
            match[:] = [r for r in vigiadas if all(self.tasks(dag, r)[t]["state"] == "success" for t in tasks)]
            if len(new) > len(vigiadas) and not match:
                self.quiet()
                before.update(r["dag_run_id"] for r in self.runs(dag))
                do(self)
            return bool(match)

        self.wait(done, f"{dag}: nothing came of it")
        self.quiet()
        return match[-1]

    # -- faults --------------------------------------------------------------------------------------------------------------

    @contextmanager
    def falhas(self, **failures: Any) -> Iterator[None]:
        """Fusion misbehaves while the block runs (fields of sandbox.fusion.falhas.Falhas)."""
        token = self.estado.secrets["token_fusion"]
        ask_faults(self.estado.url_fusion, token, "PUT", failures)
        try:
            yield
        finally:
            self.wait(lambda: ask_faults(self.estado.url_fusion, token, "DELETE") is not None)

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """One component stays down while the block runs."""
        component = self.stack._components[name]
        self._take_away(name)
        try:
            yield
        finally:
            self.stack.start_run(component)

    def _take_away(self, *names: str) -> None:
        cards = {name: self.stack._cards[name] for name in names}
        end_process(cards, self.estado.secrets["marca"], wait=6, everything=False)
        for name in names:
            self.stack.children.pop(name).wait()
            self.stack._cards.pop(name)

    def kill(self, name: str, sinal: int = signal.SIGKILL) -> None:
        """End one component at once; the stack starts it again the next time somebody waits."""
        processo = self.stack.children[name]
        processo.send_signal(sinal)
        processo.wait(20)

    def kill_worker_of(self, dag: str, task: str, *, supervisor: bool = False) -> None:
        """SIGKILL to the process in which a task works now, or to the worker that supervises it."""
        processo: psutil.Process | None = None

        def find() -> bool:
            nonlocal processo
            processo = self.process_of(dag, task)
            return processo is not None

        self.wait(find)
        assert processo is not None
        killed = processo.parent() if supervisor else processo
        assert killed is not None
        killed.kill()
        assert not psutil.wait_procs([processo], 20)[1], "the task outlived its supervisor"

    def process_of(self, dag: str, task: str) -> psutil.Process | None:
        """The process in which a task works now: the one that Airflow names, once it has a connection to a database of ours.

        Whose sockets they are cannot be asked: Airflow hides its tasks' from other processes of the same account.
        """
        if not self.one("airflow", "select count(*) from pg_stat_activity where application_name = %s", f"{dag}.{task}"):
            return None
        numbers = "select pid from task_instance where dag_id = %s and task_id = %s and state = 'running' and pid is not null"
        theirs = {row["pid"] for row in self.sql("airflow", numbers, dag, task)}
        try:
            return next((p for p in psutil.Process(self.stack.children["scheduler"].pid).children(recursive=True) if p.pid in theirs), None)
        except psutil.NoSuchProcess:
            return None

    def recreate_airflow(self) -> None:
        """Stop Airflow, throw its metadata away and start it on an empty database."""
        self.said.append(self.everything_airflow_keeps())
        self._take_away(*AIRFLOW)
        con = psycopg2.connect(self.url("postgres"))
        con.autocommit = True
        for command in ("drop database airflow with (force)", "create database airflow"):
            con.cursor().execute(command)
        con.close()
        ready = componentes.ready(self.estado)
        ready.unlink()
        self.stack.start_run(componentes.api_server(self.estado, self.stack.env))
        self.wait(ready.exists)
        for component in componentes.airflow(self.stack.env):
            self.stack.start_run(component)
        self._token = None
        self.wait(self._create_hl7_connection)
        self.wait(lambda: not airflow_api.missing_dags(self.estado))

    def everything_airflow_keeps(self) -> str:
        """Every row of every table of Airflow's database, as text."""
        tables = self.sql("airflow", "select quote_ident(tablename) as t from pg_tables where schemaname = 'public'")
        return "\n".join(str(row["x"]) for t in tables for row in self.sql("airflow", f"select x::text as x from {t['t']} x"))

    # -- reconciliation ------------------------------------------------------------------------------------------------------

    def in_error(self, system: str, table: str = "") -> set[str]:
        rows = self.sql(
            "fusion_integracao",
            f"select chave from {table or table_of(system)} where integracao_id = %s and situacao = 'erro'",
            integracao(system).integracao_id,
        )
        return {row["chave"] for row in rows}

    def to_do(self) -> int:
        """Queue rows that still have to travel."""
        return sum(n for *_, status, n in depths(self.url("fusion_integracao")) if status in ("pendente", "reservado"))

    def differences(self) -> Iterator[str]:
        """Records whose state in Fusion is not the source's, refused ones aside; looked for as they are asked for."""
        for system in SYSTEMS:
            dead_letter = self.in_error(system)
            missing = divergent(integracao(system), self.url(system), self.url("fusion")) - dead_letter
            yield from (f"{system} {key}" for key in missing)
            if pacientes := divergent_pacientes(integracao(system), self.url(system), self.url("fusion")):
                yield f"{system}: {len(pacientes)} patients"
            number = integracao(system).integracao_id
            yield from check(system, self.url(system), self.url("fusion"), number, ignore=dead_letter | missing)
        yield from self.agendamentos()
        yield from self.messages()

    def messages(self) -> list[str]:
        """Patients of TrackCare of whom Fusion lacks a message."""
        databases = ("fusion", "fusion_integracao", "trackcare")
        missing = missing_pacientes(obtain("trackcare"), {database: self.url(database) for database in databases})  # type: ignore[arg-type]
        return [f"trackcare: messages of {len(missing)} patients"] if missing else []

    def agendamentos(self) -> list[str]:
        """What the surgical chain still owes: journal rows, open pendencies, bookings that differ."""
        service = integracao("fusion_service")
        assert isinstance(service, FusionService)
        urls = {database: self.url(database) for database in ("fusion", "fusion_integracao", "mv", "simulador")}
        missing = divergent_agendamentos(service, urls) - self.in_error("fusion_service", "AplicacaoPendencia")
        accounts = {
            "bookings": len(missing),
            "rows in the journal of bookings": self.one("mv", "select count(*) from fusion_integracao.atualizacaoagendacirurgia"),
            "open pendencies": self.one("fusion", _PENDENCIAS_ABERTAS),
        }
        return [f"{n} {name}" for name, n in accounts.items() if n]

    def reconcile(self) -> None:
        """In the end nothing waits and nothing is missing; nothing was applied twice, nor after something newer."""
        try:
            self.wait(lambda: self.to_do() == 0 and next(self.differences(), None) is None)
        except AssertionError:
            filas = [row for row in depths(self.url("fusion_integracao")) if row[3] in ("pendente", "reservado")]
            raise AssertionError(f"not reconciled within {PACIENCIA:.0f} s: {filas}, {list(islice(self.differences(), 10))}") from None
        assert not self.sql("fusion", REPEATED, self.requested_ones)
        assert not self.sql("fusion", OUT_OF_ORDER)

    def quiet(self) -> None:
        """Reconciled, and no run is under way."""
        self.reconcile()
        em_curso = "select count(*) from dag_run where state in ('running', 'queued')"
        self.wait(lambda: self.one("airflow", em_curso) == 0, "a run goes on")


def integracao(system: str) -> Integracao:
    return obtain(system)


def table_of(system: str) -> str:
    """Queue table of a system's main records."""
    return system_of(integracao(system)).processos[0].table


def succeeded(hub: Hub, dag: str, task: str) -> Iterator[str]:
    """Finished runs in which the task was not skipped, newest first."""
    runs = (r["dag_run_id"] for r in hub.runs(dag) if r["state"] in END)
    return (r for r in runs if hub.tasks(dag, r)[task]["state"] == "success")


def clear_without_effect(hub: Hub, dag: str, task: str, run: str) -> None:
    """Clear one task of a finished run: it runs again, and Fusion is as it was."""
    before = (hub.applied(), hub.one("fusion", _STATUS))
    hub.clean(dag, run, task)
    assert hub.finish(dag, run) == "success"
    assert hub.tasks(dag, run)[task]["try_number"] >= 2
    assert (hub.applied(), hub.one("fusion", _STATUS)) == before
    hub.reconcile()
