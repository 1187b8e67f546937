"""Supervisor: starts everything, restarts what dies, stops everything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path

from sandbox.postgres import Postgres
from sandbox.processos import start_run
from sandbox.sources import brought, sources
from sandbox.stack import ambiente, componentes
from sandbox.stack.componentes import Component
from sandbox.stack.estado import ROOT, StackState
from sandbox.stack.filhos import ProcessCard, card, end_process

LEASE = 180.0
"""Seconds that a start may take."""
_OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class Stop(BaseException):
    """A signal asked this process to stop; not an ``Exception``, so that no handler on the way swallows it."""


def on_signal(_number: int, _frame: object) -> None:
    raise Stop


def ask(url: str, wait: float = 3.0) -> dict[str, object] | None:
    """JSON of a health page, ``None`` while nobody answers."""
    try:
        with _OPEN(url, timeout=wait) as response:
            return dict(json.load(response))
    except (OSError, ValueError):
        return None


def breathes(url: str) -> bool:
    """Whether an HTTP server answers at all, whatever it says."""
    try:
        _OPEN(url, timeout=3).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def airflow_health(state: StackState) -> dict[str, str]:
    """Component → ``healthy``, ``unhealthy`` or ``no answer``, as Airflow itself tells."""
    page = ask(f"{state.url_ui}/api/v2/monitor/health") or {}
    names = ("metadatabase", "scheduler", "triggerer", "dag_processor")
    return {n: str((page.get(n) or {}).get("status") or "no answer") for n in names}  # type: ignore[attr-defined]


class Stack:
    """All processes of one state folder. Processes are started by the main thread only: the kernel's parent-death signal goes by thread."""

    def __init__(self, state: StackState, say: Callable[[str], None]) -> None:
        self.estado = state.create()
        self.say = say
        self.phase = "starting"
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self._components: dict[str, Component] = {}
        self._cards: dict[str, ProcessCard] = {}
        self._restarts: dict[str, list[float]] = {}
        self._postgres = Postgres(state.postgres)
        self._upsert: subprocess.Popen[bytes] | None = None
        self._started = time.monotonic()
        self.env: dict[str, str] = {}
        self.pg_password = ""

    # -- start ---------------------------------------------------------------------------------------------------------------

    def start_up(self, rate: str | None) -> None:
        """Start everything and wait until it is healthy; ``rate`` (changes/s) also starts the simulator."""
        leftovers = clean(self.estado)
        if leftovers:
            self.say(f"ended {leftovers} processes that an earlier run left behind")
        ports = self.estado.choose_ports()
        self._write()
        self._upsert = subprocess.Popen(
            [sys.executable, "-m", "sandbox.stack.guarda", str(self.estado.folder)], stdin=subprocess.PIPE, cwd=ROOT,
            env=ambiente.base(self.estado) | {"FUSION_STACK": ""}, start_new_session=True,
        )  # fmt: skip
        self._start_postgres(ports["pg"])
        self._prepare()
        self._esperar_saude()
        if rate is not None and float(rate) > 0:
            self.start_run(componentes.simulator(self.estado, rate))
            self.say(f"hospital simulator writes {rate} changes/s into each source")
        self.phase = "healthy"
        self._write()
        self.say(f"ready after {time.monotonic() - self._started:.0f} s")

    def _start_postgres(self, port: int) -> None:
        start = time.monotonic()
        saved_file = self.estado.postgres / "postgres.json"
        if saved_file.exists():
            # The cluster remembers its first port, which another process may have taken since.
            saved_file.write_text(json.dumps(json.loads(saved_file.read_text()) | {"porta": port}))
        self._postgres.port = port
        self._postgres.start_run()
        self.pg_password = self._postgres.password
        processo = self._postgres._processo
        assert processo is not None
        self._record("postgres", processo)
        for database in {*ambiente.OWN, *(s.database for s in sources().values())} - set(brought().values()):
            self._postgres.create_database(database)
        self.env = ambiente.airflow(self.estado, self.pg_password)
        ambiente.write_ui_password(self.estado)
        self.say(f"PostgreSQL on port {port} ({time.monotonic() - start:.1f} s)")

    def _prepare(self) -> None:
        """Migrations and source data side by side; the rest of Airflow starts as soon as its database is there."""
        start = time.monotonic()
        ready = componentes.ready(self.estado)
        ready.unlink(missing_ok=True)
        self.start_run(componentes.api_server(self.estado, self.env))
        tasks = self._tasks()
        for name, arguments in tasks.items():
            command = (sys.executable, "-m", "sandbox.stack.preparo", *arguments)
            self._launch(Component(f"preparo-{name}", command, ambiente.base(self.estado), 0))
        self.start_run(componentes.fusion(self.estado, self._postgres.dsn("fusion")))
        self.start_run(componentes.fhir(self.estado))
        missing = {*tasks, "Airflow's database"}
        while missing:
            done = {n for n in missing & set(tasks) if self._has_ended(f"preparo-{n}")}
            if "Airflow's database" in missing and ready.exists():
                done.add("Airflow's database")
                for component in componentes.airflow(self.env):
                    self.start_run(component)
            for name in sorted(done):
                self.say(f"{name} ready ({time.monotonic() - start:.1f} s)")
            missing -= done
            self._has_ended("api-server")
            if missing and time.monotonic() - start > LEASE:
                raise RuntimeError(f"set-up of {', '.join(sorted(missing))} took longer than {LEASE:.0f} s")
            time.sleep(0.1)

    def _tasks(self) -> dict[str, list[str]]:
        count = os.environ.get("FUSION_ATENDIMENTOS", "300")
        sources = {
            f"source-{origin}": ["fonte", origin, "--dsn", self._postgres.dsn(database), "--atendimentos", count]
            for origin, database in brought().items()
        }
        return {
            "queues": ["fila", "--url", self._postgres.sqlalchemy("fusion_integracao")],
            "platform": ["plataforma", "--pasta", str(self.estado.folder)],
            **sources,
        }

    def _has_ended(self, name: str) -> bool:
        """Whether a child has done its work and gone; an error when it failed."""
        code = self.children[name].poll()
        if code is None:
            return False
        if code or not name.startswith("preparo-"):
            raise RuntimeError(f"{name} ended with {code}; see {self.estado.logs / f'{name}.log'}")
        self._forget(name)
        return True

    def _esperar_saude(self) -> None:
        start = time.monotonic()
        good_ones: set[str] = set()
        missing = {"metadatabase", "scheduler", "triggerer", "dag_processor", "task API", "fusion", "fhir"}
        while missing:
            for name in self.children:
                self._has_ended(name)
            now = {name for name, value in airflow_health(self.estado).items() if value == "healthy"}
            if breathes(f"{self.estado.url_fusion}/saude"):
                now.add("fusion")
            if breathes(f"{self.estado.url_fhir}/metadata"):
                now.add("fhir")
            # The first request builds this API and takes seconds: better now than in the first task.
            if "metadatabase" in now and "task API" in missing and ask(f"{self.estado.url_ui}/execution/health", 60):
                now.add("task API")
            for name in sorted(now - good_ones):
                self.say(f"{name} healthy ({time.monotonic() - start:.1f} s)")
            good_ones |= now
            missing -= now
            if missing and time.monotonic() - start > LEASE:
                raise RuntimeError(f"{', '.join(sorted(missing))} not healthy after {LEASE:.0f} s; logs in {self.estado.logs}")
            if missing:
                time.sleep(0.3)

    # -- children ------------------------------------------------------------------------------------------------------------

    def start_run(self, component: Component) -> subprocess.Popen[bytes]:
        """Start a component that :meth:`watch` keeps alive."""
        self._components[component.nome] = component
        return self._launch(component)

    def _launch(self, component: Component) -> subprocess.Popen[bytes]:
        log = self.estado.logs / f"{component.nome}.log"
        processo = start_run(component.command, log=log, env=component.env, cwd=ROOT)
        self._record(component.nome, processo)
        return processo

    def _record(self, name: str, processo: subprocess.Popen[bytes]) -> None:
        self.children[name] = processo
        self._cards[name] = card(processo.pid)
        self._write()

    def _forget(self, name: str) -> None:
        self.children.pop(name, None)
        self._cards.pop(name, None)
        self._components.pop(name, None)
        self._write()

    def _write(self) -> None:
        settings = ambiente.base(self.estado)["FUSION_SETTINGS"]
        self.estado.write_processes({"fase": self.phase, "supervisor": card(os.getpid()), "filhos": self._cards, "settings": settings})

    def watch(self, until: Callable[[], bool], step: float = 0.5) -> None:
        """Until ``until`` says so, start again whatever died, as an init system would; give up on what keeps dying."""
        while not until():
            for name, processo in list(self.children.items()):
                if processo.poll() is not None:
                    self._bring_back(name, processo.returncode)
            time.sleep(step)

    def _bring_back(self, name: str, code: int) -> None:
        if name == "simulador" and code == 0:
            self._forget(name)
            return
        now = time.monotonic()
        recent_ones = [t for t in self._restarts.get(name, []) if now - t < 60]
        if len(recent_ones) >= 5:
            raise RuntimeError(f"{name} ended {len(recent_ones)} times within a minute (last with {code}); logs in {self.estado.logs}")
        self._restarts[name] = [*recent_ones, now]
        self.say(f"{name} ended with {code}: starting it again")
        # What it left running would hold its port or its tasks.
        end_process({name: self._cards[name]}, self.estado.secrets["marca"], wait=3, everything=False)
        if name == "postgres":
            self._bring_back_postgres()
        else:
            self._launch(self._components[name])

    def _bring_back_postgres(self) -> None:
        limit = time.monotonic() + 30
        while True:
            self._postgres._processo = None
            try:
                self._postgres.start_run()
                break
            except RuntimeError:
                # After a kill the old backends hold the shared memory for a moment.
                if time.monotonic() > limit:
                    raise
                time.sleep(1)
        processo = self._postgres._processo
        assert processo is not None
        self._record("postgres", processo)

    # -- end -----------------------------------------------------------------------------------------------------------------

    def stop(self, wait: float = 12.0) -> None:
        """Stop all, callers before the called; nothing of this stack runs afterwards."""
        self.phase = "stopping"
        self._write()
        watermark = self.estado.secrets["marca"]
        for group in range(4):
            names = {n for n in self._cards if n != "postgres" and self._group(n) == group}
            self._end_process(names, wait if group == 1 else 3.0)
        self._postgres.stop()
        end_process(self._cards, watermark, wait=1)
        self._cards.clear()
        self.estado.write_processes({})
        if self._upsert is not None and self._upsert.stdin is not None:
            self._upsert.stdin.close()
            self._upsert.wait(30)

    def _group(self, name: str) -> int:
        component = self._components.get(name)
        return component.group if component else 0

    def _end_process(self, names: Iterable[str], wait: float) -> None:
        if cards := {n: self._cards[n] for n in names}:
            end_process(cards, self.estado.secrets["marca"], wait=wait, everything=False)
        for name in cards:
            self.children[name].wait()


def clean(state: StackState) -> int:
    """End what a killed stack of this folder left behind; returns how many processes needed force."""
    data = state.processos
    if not data:
        return 0
    remains = end_process(data.get("filhos", {}), state.secrets["marca"], wait=5)
    pid_pg = _postmaster(state)
    if pid_pg is not None:
        os.kill(pid_pg, signal.SIGQUIT)
    state.write_processes({})
    return remains


def _postmaster(state: StackState) -> int | None:
    """A PostgreSQL on this folder's cluster that nobody owns any more."""
    try:
        base = Path(json.loads((state.postgres / "postgres.json").read_text())["base"])
        pid, folder = (base / "dados" / "postmaster.pid").read_text().splitlines()[:2]
    except (OSError, ValueError, KeyError):
        return None
    command = Path(f"/proc/{pid}/cmdline")
    return int(pid) if command.exists() and folder.encode() in command.read_bytes() else None
