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
from sandbox.processos import iniciar
from sandbox.sources import brought, sources
from sandbox.stack import ambiente, componentes
from sandbox.stack.componentes import Componente
from sandbox.stack.estado import RAIZ, Estado
from sandbox.stack.filhos import Ficha, encerrar, ficha

PRAZO = 180.0
"""Seconds that a start may take."""
_ABRIR = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class Parar(BaseException):
    """A signal asked this process to stop; not an ``Exception``, so that no handler on the way swallows it."""


def ao_sinal(_numero: int, _quadro: object) -> None:
    raise Parar


def consultar(url: str, espera: float = 3.0) -> dict[str, object] | None:
    """JSON of a health page, ``None`` while nobody answers."""
    try:
        with _ABRIR(url, timeout=espera) as resposta:
            return dict(json.load(resposta))
    except (OSError, ValueError):
        return None


def respira(url: str) -> bool:
    """Whether an HTTP server answers at all, whatever it says."""
    try:
        _ABRIR(url, timeout=3).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def saude_airflow(estado: Estado) -> dict[str, str]:
    """Component → ``healthy``, ``unhealthy`` or ``no answer``, as Airflow itself tells."""
    pagina = consultar(f"{estado.url_ui}/api/v2/monitor/health") or {}
    nomes = ("metadatabase", "scheduler", "triggerer", "dag_processor")
    return {n: str((pagina.get(n) or {}).get("status") or "no answer") for n in nomes}  # type: ignore[attr-defined]


class Pilha:
    """All processes of one state folder. Processes are started by the main thread only: the kernel's parent-death signal goes by thread."""

    def __init__(self, estado: Estado, dizer: Callable[[str], None]) -> None:
        self.estado = estado.criar()
        self.dizer = dizer
        self.fase = "starting"
        self.filhos: dict[str, subprocess.Popen[bytes]] = {}
        self._componentes: dict[str, Componente] = {}
        self._fichas: dict[str, Ficha] = {}
        self._reinicios: dict[str, list[float]] = {}
        self._postgres = Postgres(estado.postgres)
        self._guarda: subprocess.Popen[bytes] | None = None
        self._comeco = time.monotonic()
        self.env: dict[str, str] = {}
        self.senha_pg = ""

    # -- start ---------------------------------------------------------------------------------------------------------------

    def subir(self, taxa: str | None) -> None:
        """Start everything and wait until it is healthy; ``taxa`` (changes/s) also starts the simulator."""
        sobras = limpar(self.estado)
        if sobras:
            self.dizer(f"ended {sobras} processes that an earlier run left behind")
        portas = self.estado.escolher_portas()
        self._gravar()
        self._guarda = subprocess.Popen(
            [sys.executable, "-m", "sandbox.stack.guarda", str(self.estado.pasta)], stdin=subprocess.PIPE, cwd=RAIZ,
            env=ambiente.base(self.estado) | {"FUSION_STACK": ""}, start_new_session=True,
        )  # fmt: skip
        self._subir_postgres(portas["pg"])
        self._preparar()
        self._esperar_saude()
        if taxa is not None and float(taxa) > 0:
            self.iniciar(componentes.simulador(self.estado, taxa))
            self.dizer(f"hospital simulator writes {taxa} changes/s into each source")
        self.fase = "healthy"
        self._gravar()
        self.dizer(f"ready after {time.monotonic() - self._comeco:.0f} s")

    def _subir_postgres(self, porta: int) -> None:
        inicio = time.monotonic()
        salvo = self.estado.postgres / "postgres.json"
        if salvo.exists():
            # The cluster remembers its first port, which another process may have taken since.
            salvo.write_text(json.dumps(json.loads(salvo.read_text()) | {"porta": porta}))
        self._postgres.porta = porta
        self._postgres.iniciar()
        self.senha_pg = self._postgres.senha
        processo = self._postgres._processo
        assert processo is not None
        self._registrar("postgres", processo)
        for banco in {*ambiente.PROPRIOS, *(s.database for s in sources().values())} - set(brought().values()):
            self._postgres.criar_banco(banco)
        self.env = ambiente.airflow(self.estado, self.senha_pg)
        ambiente.gravar_senha_ui(self.estado)
        self.dizer(f"PostgreSQL on port {porta} ({time.monotonic() - inicio:.1f} s)")

    def _preparar(self) -> None:
        """Migrations and source data side by side; the rest of Airflow starts as soon as its database is there."""
        inicio = time.monotonic()
        pronto = componentes.pronto(self.estado)
        pronto.unlink(missing_ok=True)
        self.iniciar(componentes.api_server(self.estado, self.env))
        tarefas = self._tarefas()
        for nome, argumentos in tarefas.items():
            comando = (sys.executable, "-m", "sandbox.stack.preparo", *argumentos)
            self._lancar(Componente(f"preparo-{nome}", comando, ambiente.base(self.estado), 0))
        self.iniciar(componentes.fusion(self.estado, self._postgres.dsn("fusion")))
        self.iniciar(componentes.fhir(self.estado))
        faltam = {*tarefas, "Airflow's database"}
        while faltam:
            feitos = {n for n in faltam & set(tarefas) if self._terminou(f"preparo-{n}")}
            if "Airflow's database" in faltam and pronto.exists():
                feitos.add("Airflow's database")
                for componente in componentes.airflow(self.env):
                    self.iniciar(componente)
            for nome in sorted(feitos):
                self.dizer(f"{nome} ready ({time.monotonic() - inicio:.1f} s)")
            faltam -= feitos
            self._terminou("api-server")
            if faltam and time.monotonic() - inicio > PRAZO:
                raise RuntimeError(f"set-up of {', '.join(sorted(faltam))} took longer than {PRAZO:.0f} s")
            time.sleep(0.1)

    def _tarefas(self) -> dict[str, list[str]]:
        quantos = os.environ.get("FUSION_ATENDIMENTOS", "300")
        fontes = {
            f"source-{origem}": ["fonte", origem, "--dsn", self._postgres.dsn(banco), "--atendimentos", quantos]
            for origem, banco in brought().items()
        }
        return {
            "queues": ["fila", "--url", self._postgres.sqlalchemy("fusion_integracao")],
            "platform": ["plataforma", "--pasta", str(self.estado.pasta)],
            **fontes,
        }

    def _terminou(self, nome: str) -> bool:
        """Whether a child has done its work and gone; an error when it failed."""
        codigo = self.filhos[nome].poll()
        if codigo is None:
            return False
        if codigo or not nome.startswith("preparo-"):
            raise RuntimeError(f"{nome} ended with {codigo}; see {self.estado.logs / f'{nome}.log'}")
        self._esquecer(nome)
        return True

    def _esperar_saude(self) -> None:
        inicio = time.monotonic()
        bons: set[str] = set()
        faltam = {"metadatabase", "scheduler", "triggerer", "dag_processor", "task API", "fusion", "fhir"}
        while faltam:
            for nome in self.filhos:
                self._terminou(nome)
            agora = {nome for nome, valor in saude_airflow(self.estado).items() if valor == "healthy"}
            if respira(f"{self.estado.url_fusion}/saude"):
                agora.add("fusion")
            if respira(f"{self.estado.url_fhir}/metadata"):
                agora.add("fhir")
            # The first request builds this API and takes seconds: better now than in the first task.
            if "metadatabase" in agora and "task API" in faltam and consultar(f"{self.estado.url_ui}/execution/health", 60):
                agora.add("task API")
            for nome in sorted(agora - bons):
                self.dizer(f"{nome} healthy ({time.monotonic() - inicio:.1f} s)")
            bons |= agora
            faltam -= agora
            if faltam and time.monotonic() - inicio > PRAZO:
                raise RuntimeError(f"{', '.join(sorted(faltam))} not healthy after {PRAZO:.0f} s; logs in {self.estado.logs}")
            if faltam:
                time.sleep(0.3)

    # -- children ------------------------------------------------------------------------------------------------------------

    def iniciar(self, componente: Componente) -> subprocess.Popen[bytes]:
        """Start a component that :meth:`vigiar` keeps alive."""
        self._componentes[componente.nome] = componente
        return self._lancar(componente)

    def _lancar(self, componente: Componente) -> subprocess.Popen[bytes]:
        log = self.estado.logs / f"{componente.nome}.log"
        processo = iniciar(componente.comando, log=log, env=componente.env, cwd=RAIZ)
        self._registrar(componente.nome, processo)
        return processo

    def _registrar(self, nome: str, processo: subprocess.Popen[bytes]) -> None:
        self.filhos[nome] = processo
        self._fichas[nome] = ficha(processo.pid)
        self._gravar()

    def _esquecer(self, nome: str) -> None:
        self.filhos.pop(nome, None)
        self._fichas.pop(nome, None)
        self._componentes.pop(nome, None)
        self._gravar()

    def _gravar(self) -> None:
        self.estado.gravar_processos({"fase": self.fase, "supervisor": ficha(os.getpid()), "filhos": self._fichas})

    def vigiar(self, ate: Callable[[], bool], passo: float = 0.5) -> None:
        """Until ``ate`` says so, start again whatever died, as an init system would; give up on what keeps dying."""
        while not ate():
            for nome, processo in list(self.filhos.items()):
                if processo.poll() is not None:
                    self._reerguer(nome, processo.returncode)
            time.sleep(passo)

    def _reerguer(self, nome: str, codigo: int) -> None:
        if nome == "simulador" and codigo == 0:
            self._esquecer(nome)
            return
        agora = time.monotonic()
        recentes = [t for t in self._reinicios.get(nome, []) if agora - t < 60]
        if len(recentes) >= 5:
            raise RuntimeError(f"{nome} ended {len(recentes)} times within a minute (last with {codigo}); logs in {self.estado.logs}")
        self._reinicios[nome] = [*recentes, agora]
        self.dizer(f"{nome} ended with {codigo}: starting it again")
        # What it left running would hold its port or its tasks.
        encerrar({nome: self._fichas[nome]}, self.estado.segredos["marca"], espera=3, todos=False)
        if nome == "postgres":
            self._reerguer_postgres()
        else:
            self._lancar(self._componentes[nome])

    def _reerguer_postgres(self) -> None:
        limite = time.monotonic() + 30
        while True:
            self._postgres._processo = None
            try:
                self._postgres.iniciar()
                break
            except RuntimeError:
                # After a kill the old backends hold the shared memory for a moment.
                if time.monotonic() > limite:
                    raise
                time.sleep(1)
        processo = self._postgres._processo
        assert processo is not None
        self._registrar("postgres", processo)

    # -- end -----------------------------------------------------------------------------------------------------------------

    def parar(self, espera: float = 12.0) -> None:
        """Stop all, callers before the called; nothing of this stack runs afterwards."""
        self.fase = "stopping"
        self._gravar()
        marca = self.estado.segredos["marca"]
        for grupo in range(4):
            nomes = {n for n in self._fichas if n != "postgres" and self._grupo(n) == grupo}
            self._encerrar(nomes, espera if grupo == 1 else 3.0)
        self._postgres.parar()
        encerrar(self._fichas, marca, espera=1)
        self._fichas.clear()
        self.estado.gravar_processos({})
        if self._guarda is not None and self._guarda.stdin is not None:
            self._guarda.stdin.close()
            self._guarda.wait(30)

    def _grupo(self, nome: str) -> int:
        componente = self._componentes.get(nome)
        return componente.grupo if componente else 0

    def _encerrar(self, nomes: Iterable[str], espera: float) -> None:
        if fichas := {n: self._fichas[n] for n in nomes}:
            encerrar(fichas, self.estado.segredos["marca"], espera=espera, todos=False)
        for nome in fichas:
            self.filhos[nome].wait()


def limpar(estado: Estado) -> int:
    """End what a killed stack of this folder left behind; returns how many processes needed force."""
    dados = estado.processos
    if not dados:
        return 0
    restos = encerrar(dados.get("filhos", {}), estado.segredos["marca"], espera=5)
    pid_pg = _postmaster(estado)
    if pid_pg is not None:
        os.kill(pid_pg, signal.SIGQUIT)
    estado.gravar_processos({})
    return restos


def _postmaster(estado: Estado) -> int | None:
    """A PostgreSQL on this folder's cluster that nobody owns any more."""
    try:
        base = Path(json.loads((estado.postgres / "postgres.json").read_text())["base"])
        pid, pasta = (base / "dados" / "postmaster.pid").read_text().splitlines()[:2]
    except (OSError, ValueError, KeyError):
        return None
    comando = Path(f"/proc/{pid}/cmdline")
    return int(pid) if comando.exists() and pasta.encode() in comando.read_bytes() else None
