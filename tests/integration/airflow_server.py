"""A real Airflow API server of a test's own: metadata in PostgreSQL, users, the checkout's plugins and its DAGs of FHIR."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from sandbox.processos import end_process, free_port, start_run
from tests import ROOT

_OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
PASSWORD = "senha-de-teste"
_PACKAGES = json.dumps(
    [{"name": "fusion", "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle", "kwargs": {"path": "PASTA"}}]
)
_SERVE = """
import argparse, json, sys
from airflow.__main__ import main
from airflow.utils.db import initdb
from airflow.utils.session import create_session
fab, users, password, ready, arguments = json.loads(sys.argv[1])
initdb()
if fab:
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
    with get_application_builder() as builder:
        sm = builder.sm
        for name, roles in users.items():
            found = [sm.find_role(role) or sm.add_role(role) for role in roles.split("|")]
            assert sm.add_user(name, name, "Teste", name + "@example.com", found, password)
else:
    from airflow.models.team import Team
    teams = {team for role in users.values() for team in role.partition(":")[2].split("|") if team}
    with create_session() as session:
        session.add_all(Team(name=team) for team in sorted(teams))
from airflow.cli.commands.dag_command import dag_reserialize
dag_reserialize.__wrapped__(argparse.Namespace(bundle_name=None))
open(ready, "w").close()
sys.argv = ["airflow", "api-server", *arguments]
main()
"""
"""Set-up and server in one process: all of it loads the same code, which takes longer than what it does."""


class AirflowServer:
    """``users``: name → role, or role and teams (``user:time1|time2``); with ``fab`` (the FAB auth manager) roles (``User|Outro``)."""

    def __init__(self, folder: Path, database: str, users: dict[str, str], connections: dict[str, str], *, fab: bool = False) -> None:
        self.folder = folder
        self.port = free_port()
        self.chave = Fernet.generate_key().decode()
        (folder / "senhas.json").write_text(json.dumps(dict.fromkeys(users, PASSWORD)))
        # Each command of Airflow's reads every file in there, which takes longer than what it does then.
        self.dags = folder / "dags"
        self.dags.mkdir()
        for file in (ROOT / "dags").glob("fhir_*.py"):
            shutil.copy(file, self.dags)
        options = {
            "CORE__DAGS_FOLDER": self.dags, "CORE__PLUGINS_FOLDER": ROOT / "plugins", "CORE__LOAD_EXAMPLES": False,
            "CORE__FERNET_KEY": self.chave, "CORE__MULTI_TEAM": not fab, "CORE__EXECUTOR": "LocalExecutor",
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": False, "CORE__HOSTNAME_CALLABLE": "socket.gethostname",
            "CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{n}:{p}" for n, p in users.items()),
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": folder / "senhas.json",
            "DATABASE__SQL_ALCHEMY_CONN": database.replace("postgresql://", "postgresql+psycopg2://"),
            "DATABASE__SQL_ALCHEMY_CONN_ASYNC": database.replace("postgresql://", "postgresql+asyncpg://"),
            "API__SECRET_KEY": "x" * 32, "API_AUTH__JWT_SECRET": "y" * 64, "API_AUTH__JWT_ISSUER": "teste",
            "LOGGING__UVICORN_LOGGING_LEVEL": "WARNING",
        }  # fmt: skip
        if fab:
            options["CORE__AUTH_MANAGER"] = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "_AIRFLOW"))}
        self.env = {
            **clean, "AIRFLOW_HOME": str(folder), "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [clean.get("PYTHONPATH")])]),
            "FUSION_FHIR_TOKENS": str(folder / "tokens"),
            **{f"AIRFLOW__{n}": str(v) for n, v in options.items()}, **{f"AIRFLOW_CONN_{n.upper()}": v for n, v in connections.items()},
        }  # fmt: skip
        self._users, self._fab = users, fab
        self._processo: subprocess.Popen[bytes] | None = None
        self._tokens: dict[str, str] = {}

    def start_run(self) -> AirflowServer:
        ready = self.folder / "pronto"
        arguments = ["--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        task = json.dumps([self._fab, self._users, PASSWORD, str(ready), arguments])
        self._processo = start_run([sys.executable, "-c", _SERVE, task], log=self.folder / "airflow.log", env=self.env, cwd=ROOT)
        limit = time.monotonic() + 150
        while not (ready.exists() and self._responds()):
            if self._processo.poll() is not None or time.monotonic() > limit:
                self.stop()
                raise RuntimeError((self.folder / "airflow.log").read_text()[-3000:])
            time.sleep(0.2)
        return self

    def _responds(self) -> bool:
        try:
            _OPEN(f"http://127.0.0.1:{self.port}/api/v2/version", timeout=2).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def run_task(self, dag_id: str, conf: dict[str, Any], folder: Path | None = None, **environment: str) -> str:
        """One run of a DAG (in ``folder``, or one of FHIR's) in a process of its own, with more ``environment``; all it printed. :raises RuntimeError: when it fails."""
        command = [sys.executable, "-m", "airflow", "dags", "test", dag_id, "--conf", json.dumps(conf)]
        env = {
            **self.env,
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": _PACKAGES.replace("PASTA", str(folder or self.dags)),
            **environment,
        }
        done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=400)
        if done.returncode:
            raise RuntimeError(done.stdout[-3000:] + done.stderr[-3000:])
        return done.stdout + done.stderr

    def stop(self) -> None:
        if self._processo is not None:
            end_process(self._processo)

    def login(self, who: str) -> dict[str, str]:
        """Headers of a request by this user."""
        if who not in self._tokens:
            _, response = self.ask("POST", "/auth/token", {"username": who, "password": PASSWORD})
            self._tokens[who] = response["access_token"]
        return {"Authorization": f"Bearer {self._tokens[who]}"}

    def ask(self, method: str, path: str, body: Any = None, *, who: str | None = None, token: str | None = None) -> tuple[int, Any]:
        """Status and JSON; ``who`` logs in as one of the users."""
        own = self.login(who) if who is not None else {"Authorization": f"Bearer {token}"} if token else {}
        headers = {"Content-Type": "application/json"} | own
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method, headers=headers)
        try:
            with _OPEN(request, timeout=60) as response:
                return response.status, json.loads(response.read() or b"null")
        except urllib.error.HTTPError as error:
            raw = error.read()
            try:
                return error.code, json.loads(raw)
            except ValueError:
                return error.code, raw.decode()
