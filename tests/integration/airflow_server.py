"""A real Airflow API server of a test's own: metadata in PostgreSQL, three users, the checkout's plugins and DAGs."""

from __future__ import annotations

import json
import os
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
_TIMES = """
import sys
from airflow.models.team import Team
from airflow.utils.db import initdb
from airflow.utils.session import create_session
initdb()
with create_session() as sessao:
    sessao.add_all(Team(name=nome) for nome in sys.argv[1:])
"""
_FAB = """
import json, sys
from airflow.utils.db import initdb
initdb()
from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
with get_application_builder() as construtor:
    sm = construtor.sm
    for nome, papeis in json.loads(sys.argv[1]).items():
        seus = [sm.find_role(p) or sm.add_role(p) for p in papeis.split("|")]
        assert sm.add_user(nome, nome, "Teste", nome + "@example.com", seus, sys.argv[2])
"""


class AirflowServer:
    """``users``: name → role, or role and teams (``user:time1|time2``); with ``fab`` (the FAB auth manager) roles (``User|Outro``)."""

    def __init__(self, folder: Path, database: str, users: dict[str, str], connections: dict[str, str], *, fab: bool = False) -> None:
        self.folder = folder
        self.port = free_port()
        self.chave = Fernet.generate_key().decode()
        (folder / "senhas.json").write_text(json.dumps(dict.fromkeys(users, PASSWORD)))
        options = {
            "CORE__DAGS_FOLDER": ROOT / "dags", "CORE__PLUGINS_FOLDER": ROOT / "plugins", "CORE__LOAD_EXAMPLES": False,
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
        times = sorted({t for p in users.values() if ":" in p for t in p.split(":")[1].split("|")})
        self._preparation = ["-c", _FAB, json.dumps(users), PASSWORD] if fab else ["-c", _TIMES, *times]
        self._processo: subprocess.Popen[bytes] | None = None
        self._tokens: dict[str, str] = {}

    def start_run(self) -> AirflowServer:
        done = subprocess.run([sys.executable, *self._preparation], env=self.env, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        ready = self.folder / "pronto"
        command = [sys.executable, "-m", "sandbox.stack.preparo", "airflow", "--pronto", str(ready), "--argumentos"]
        self._processo = start_run(
            [*command, "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"],
            log=self.folder / "airflow.log", env=self.env, cwd=ROOT,
        )  # fmt: skip
        limit = time.monotonic() + 150
        while not (ready.exists() and self._responds()):
            if self._processo.poll() is not None or time.monotonic() > limit:
                self.stop()
                raise RuntimeError((self.folder / "airflow.log").read_text()[-3000:])
            time.sleep(0.2)
        subprocess.run([sys.executable, "-m", "airflow", "dags", "reserialize"], env=self.env, cwd=ROOT, check=True, capture_output=True)
        return self

    def _responds(self) -> bool:
        try:
            _OPEN(f"http://127.0.0.1:{self.port}/api/v2/version", timeout=2).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def run_task(self, dag_id: str, conf: dict[str, Any], folder: Path = ROOT / "dags", **environment: str) -> str:
        """One run of a DAG in ``folder`` in a process of its own, with more ``environment``; all it printed. :raises RuntimeError: when it fails."""
        command = [sys.executable, "-m", "airflow", "dags", "test", dag_id, "--conf", json.dumps(conf)]
        env = {**self.env, "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": _PACKAGES.replace("PASTA", str(folder)), **environment}
        done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=400)
        if done.returncode:
            raise RuntimeError(done.stdout[-3000:] + done.stderr[-3000:])
        return done.stdout + done.stderr

    def stop(self) -> None:
        if self._processo is not None:
            end_process(self._processo)

    def ask(self, method: str, path: str, body: Any = None, *, who: str | None = None, token: str | None = None) -> tuple[int, Any]:
        """Status and JSON; ``who`` logs in as one of the users."""
        if who is not None:
            if who not in self._tokens:
                _, response = self.ask("POST", "/auth/token", {"username": who, "password": PASSWORD})
                self._tokens[who] = response["access_token"]
            token = self._tokens[who]
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
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
