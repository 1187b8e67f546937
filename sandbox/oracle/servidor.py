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
from sandbox.processos import encerrar, iniciar, porta_livre

RAIZ = Path(__file__).resolve().parents[2]
AMBIENTE = RAIZ / ".sandbox" / "oracle" / "venv"
_PG = Path("/usr/lib/postgresql/15/bin")
_ORAFCE = Path("/usr/share/postgresql/15/extension/orafce.control")
_BANCO = "oracle"
SERVICO = "FUSION"

# orafce has SYS_EXTRACT_UTC in later versions than Debian 12's; the product asks the database's clock by it.
_COMPLEMENTO = """\
create extension if not exists orafce;
create or replace function oracle.sys_extract_utc(timestamptz) returns timestamp language sql immutable strict
    as 'select $1 at time zone ''UTC''';
"""


class PostgresDebian(Postgres):
    """The cluster of :class:`Postgres`, run by Debian's binaries: orafce is built for those."""

    @staticmethod
    def _binario(base: Path, nome: str) -> Path:
        return _PG / nome


def falta() -> list[str]:
    """What this machine lacks to run the stand-in."""
    precisos = {"postgresql-15": _PG / "initdb", "postgresql-15-orafce": _ORAFCE, "seerdb[mirror]": AMBIENTE / "bin" / "python"}
    return [nome for nome, caminho in precisos.items() if not caminho.exists()]


class ServidorTNS:
    """The stand-in on a free loopback port; ``contas``: Oracle users, each with its schema, and their passwords."""

    def __init__(self, contas: Mapping[str, str]) -> None:
        # Under /var/tmp, since the account that runs PostgreSQL must be able to walk there.
        self.pasta = Path(tempfile.mkdtemp(prefix="fusion-oracle-", dir="/var/tmp"))
        self.pasta.chmod(0o755)
        self.contas = dict(contas)
        self.porta = 0
        self._pg = PostgresDebian(self.pasta / "pg", senha=secrets.token_urlsafe(18))
        self._tns: subprocess.Popen[bytes] | None = None

    def iniciar(self) -> ServidorTNS:
        if faltam := falta():
            raise RuntimeError(f"the TNS stand-in needs {', '.join(faltam)}; bash .ci/oracle installs them")
        self._pg.iniciar()
        dsn = self._pg.criar_banco(_BANCO)
        con = psycopg2.connect(dsn)
        with con, con.cursor() as cursor:
            cursor.execute(_COMPLEMENTO)
        con.close()
        self.porta = porta_livre()
        # Passwords go through the environment: a command line is everybody's to read.
        contas = ",".join(f"{usuario}:{senha}" for usuario, senha in self.contas.items())
        conninfo = f"host=127.0.0.1 port={self._pg.porta} dbname={_BANCO} user={self._pg.usuario}"
        self._tns = iniciar(
            [str(AMBIENTE / "bin" / "python"), str(Path(__file__).with_name("espelho.py")), "--port", str(self.porta),
             "--failed-login-attempts", "0", "postgres", conninfo],
            log=self.registro,
            env={**os.environ, "PGPASSWORD": self._pg.senha, "MIRROR_USERS": contas},
        )  # fmt: skip
        self._esperar()
        return self

    @property
    def registro(self) -> Path:
        return self.pasta / "tns.log"

    def dsn(self, usuario: str) -> str:
        """As ``ORACLE_TEST_DSN`` is written."""
        return f"{usuario}/{self.contas[usuario]}@127.0.0.1:{self.porta}/{SERVICO}"

    def _esperar(self) -> None:
        limite = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.porta), 1).close()
                return
            except OSError:
                if self._tns is None or self._tns.poll() is not None or time.monotonic() > limite:
                    print(self.registro.read_text(errors="replace")[-2000:], file=sys.stderr)
                    raise RuntimeError("the TNS stand-in did not start") from None
                time.sleep(0.1)

    def apagar(self) -> None:
        """Stop both servers and remove every file of theirs."""
        if self._tns is not None:
            encerrar(self._tns)
            self._tns = None
        self._pg.apagar()
        shutil.rmtree(self.pasta, ignore_errors=True)
