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

from sandbox.processos import encerrar, iniciar, porta_livre

RAIZ = Path(__file__).resolve().parents[2]
_ABRIR = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
SENHA = "senha-de-teste"
_PACOTES = json.dumps([{"name": "fusion", "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle", "kwargs": {"path": "PASTA"}}])
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


class ServidorAirflow:
    """``usuarios``: name → role, or role and teams (``user:time1|time2``); with ``fab`` (the FAB auth manager) roles (``User|Outro``)."""

    def __init__(self, pasta: Path, banco: str, usuarios: dict[str, str], conexoes: dict[str, str], *, fab: bool = False) -> None:
        self.pasta = pasta
        self.porta = porta_livre()
        self.chave = Fernet.generate_key().decode()
        (pasta / "senhas.json").write_text(json.dumps(dict.fromkeys(usuarios, SENHA)))
        opcoes = {
            "CORE__DAGS_FOLDER": RAIZ / "dags", "CORE__PLUGINS_FOLDER": RAIZ / "plugins", "CORE__LOAD_EXAMPLES": False,
            "CORE__FERNET_KEY": self.chave, "CORE__MULTI_TEAM": not fab, "CORE__EXECUTOR": "LocalExecutor",
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": False, "CORE__HOSTNAME_CALLABLE": "socket.gethostname",
            "CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{n}:{p}" for n, p in usuarios.items()),
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": pasta / "senhas.json",
            "DATABASE__SQL_ALCHEMY_CONN": banco.replace("postgresql://", "postgresql+psycopg2://"),
            "DATABASE__SQL_ALCHEMY_CONN_ASYNC": banco.replace("postgresql://", "postgresql+asyncpg://"),
            "API__SECRET_KEY": "x" * 32, "API_AUTH__JWT_SECRET": "y" * 64, "API_AUTH__JWT_ISSUER": "teste",
            "LOGGING__UVICORN_LOGGING_LEVEL": "WARNING",
        }  # fmt: skip
        if fab:
            opcoes["CORE__AUTH_MANAGER"] = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
        limpo = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "_AIRFLOW"))}
        self.env = {
            **limpo, "AIRFLOW_HOME": str(pasta), "PYTHONPATH": os.pathsep.join([str(RAIZ), *filter(None, [limpo.get("PYTHONPATH")])]),
            "FUSION_FHIR_TOKENS": str(pasta / "tokens"),
            **{f"AIRFLOW__{n}": str(v) for n, v in opcoes.items()}, **{f"AIRFLOW_CONN_{n.upper()}": v for n, v in conexoes.items()},
        }  # fmt: skip
        times = sorted({t for p in usuarios.values() if ":" in p for t in p.split(":")[1].split("|")})
        self._preparo = ["-c", _FAB, json.dumps(usuarios), SENHA] if fab else ["-c", _TIMES, *times]
        self._processo: subprocess.Popen[bytes] | None = None
        self._tokens: dict[str, str] = {}

    def iniciar(self) -> ServidorAirflow:
        feito = subprocess.run([sys.executable, *self._preparo], env=self.env, cwd=RAIZ, capture_output=True, text=True)
        if feito.returncode:
            raise RuntimeError(feito.stderr[-3000:])
        pronto = self.pasta / "pronto"
        comando = [sys.executable, "-m", "sandbox.stack.preparo", "airflow", "--pronto", str(pronto), "--argumentos"]
        self._processo = iniciar(
            [*comando, "--host", "127.0.0.1", "--port", str(self.porta), "--workers", "1"],
            log=self.pasta / "airflow.log", env=self.env, cwd=RAIZ,
        )  # fmt: skip
        limite = time.monotonic() + 150
        while not (pronto.exists() and self._responde()):
            if self._processo.poll() is not None or time.monotonic() > limite:
                self.parar()
                raise RuntimeError((self.pasta / "airflow.log").read_text()[-3000:])
            time.sleep(0.2)
        subprocess.run([sys.executable, "-m", "airflow", "dags", "reserialize"], env=self.env, cwd=RAIZ, check=True, capture_output=True)
        return self

    def _responde(self) -> bool:
        try:
            _ABRIR(f"http://127.0.0.1:{self.porta}/api/v2/version", timeout=2).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def rodar(self, dag_id: str, conf: dict[str, Any], pasta: Path = RAIZ / "dags", **ambiente: str) -> str:
        """One run of a DAG in ``pasta`` in a process of its own, with more ``ambiente``; all it printed. :raises RuntimeError: when it fails."""
        comando = [sys.executable, "-m", "airflow", "dags", "test", dag_id, "--conf", json.dumps(conf)]
        env = {**self.env, "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": _PACOTES.replace("PASTA", str(pasta)), **ambiente}
        feito = subprocess.run(comando, env=env, cwd=RAIZ, capture_output=True, text=True, timeout=120)
        if feito.returncode:
            raise RuntimeError(feito.stdout[-3000:] + feito.stderr[-3000:])
        return feito.stdout + feito.stderr

    def parar(self) -> None:
        if self._processo is not None:
            encerrar(self._processo)

    def pedir(self, metodo: str, rota: str, corpo: Any = None, *, quem: str | None = None, token: str | None = None) -> tuple[int, Any]:
        """Status and JSON; ``quem`` logs in as one of the users."""
        if quem is not None:
            if quem not in self._tokens:
                _, resposta = self.pedir("POST", "/auth/token", {"username": quem, "password": SENHA})
                self._tokens[quem] = resposta["access_token"]
            token = self._tokens[quem]
        cabecalhos = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        dados = None if corpo is None else json.dumps(corpo).encode()
        pedido = urllib.request.Request(f"http://127.0.0.1:{self.porta}{rota}", data=dados, method=metodo, headers=cabecalhos)
        try:
            with _ABRIR(pedido, timeout=60) as resposta:
                return resposta.status, json.loads(resposta.read() or b"null")
        except urllib.error.HTTPError as erro:
            bruto = erro.read()
            try:
                return erro.code, json.loads(bruto)
            except ValueError:
                return erro.code, bruto.decode()
