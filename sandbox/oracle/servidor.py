"""Start and stop the TNS stand-in: Debian's PostgreSQL 15 with orafce as its own cluster, and ``seerdb-mirror`` in front of it."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg2

from sandbox.postgres import Postgres
from sandbox.processos import end_process, free_port, start_run

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / ".sandbox" / "oracle" / "venv"
_PG = Path("/usr/lib/postgresql/15/bin")
_ORAFCE = Path("/usr/share/postgresql/15/extension/orafce.control")
_DATABASE = "oracle"
SERVICE = "FUSION"

# orafce has SYS_EXTRACT_UTC in later versions than Debian 12's; the product asks the database's clock by it.
_COMPLEMENT = """\
create extension if not exists orafce;
create or replace function oracle.sys_extract_utc(timestamptz) returns timestamp language sql immutable strict
    as 'select $1 at time zone ''UTC''';
"""


class PostgresDebian(Postgres):
    """The cluster of :class:`Postgres`, run by Debian's binaries: orafce is built for those."""

    @staticmethod
    def _binario(base: Path, name: str) -> Path:
        return _PG / name


def missing() -> list[str]:
    """What this machine lacks to run the stand-in."""
    needed = {"postgresql-15": _PG / "initdb", "postgresql-15-orafce": _ORAFCE, "seerdb[mirror]": ENVIRONMENT / "bin" / "python"}
    return [name for name, path in needed.items() if not path.exists()]


class TnsServer:
    """The stand-in on a free loopback port; ``accounts``: Oracle users, each with its schema, and their passwords."""

    def __init__(self, accounts: Mapping[str, str]) -> None:
        # Under /var/tmp, since the account that runs PostgreSQL must be able to walk there.
        self.folder = Path(tempfile.mkdtemp(prefix="fusion-oracle-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        self.accounts = dict(accounts)
        self.port = 0
        self._pg = PostgresDebian(self.folder / "pg", password=secrets.token_urlsafe(18))
        self._tns: subprocess.Popen[bytes] | None = None

    def start_run(self) -> TnsServer:
        if left := missing():
            raise RuntimeError(f"the TNS stand-in needs {', '.join(left)}; bash .ci/oracle installs them")
        self._pg.start_run()
        dsn = self._pg.create_database(_DATABASE)
        con = psycopg2.connect(dsn)
        with con, con.cursor() as cursor:
            cursor.execute(_COMPLEMENT)
        con.close()
        self.port = free_port()
        # Passwords go through the environment: a command line is everybody's to read.
        accounts = ",".join(f"{user}:{password}" for user, password in self.accounts.items())
        conninfo = f"host=127.0.0.1 port={self._pg.port} dbname={_DATABASE} user={self._pg.user}"
        self._tns = start_run(
            [str(ENVIRONMENT / "bin" / "python"), str(Path(__file__).with_name("espelho.py")), "--port", str(self.port),
             "--failed-login-attempts", "0", "postgres", conninfo],
            log=self.record,
            env={**os.environ, "PGPASSWORD": self._pg.password, "MIRROR_USERS": accounts},
        )  # fmt: skip
        self._wait()
        return self

    @property
    def record(self) -> Path:
        return self.folder / "tns.log"

    def dsn(self, user: str) -> str:
        """As ``ORACLE_TEST_DSN`` is written."""
        return f"{user}/{self.accounts[user]}@127.0.0.1:{self.port}/{SERVICE}"

    def _wait(self) -> None:
        limit = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self._tns is None or self._tns.poll() is not None or time.monotonic() > limit:
                    print(self.record.read_text(errors="replace")[-2000:], file=sys.stderr)
                    raise RuntimeError("the TNS stand-in did not start") from None
                time.sleep(0.1)

    def delete(self) -> None:
        """Stop both servers and remove every file of theirs."""
        if self._tns is not None:
            end_process(self._tns)
            self._tns = None
        self._pg.delete()
        shutil.rmtree(self.folder, ignore_errors=True)
