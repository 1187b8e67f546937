"""Hospital simulator: writes changes into the sources at a set rate and keeps its own account of them.

``python -m sandbox.simulador --taxa 1 --duracao 120`` works against a running stack. The schedule is open-loop: a slow source does
not lower the rate, since patients do not wait for a database either.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2

from sandbox.sources import simulated, sources
from sandbox.stack.ambiente import dsn, senha_postgres
from sandbox.stack.estado import RAIZ, Estado

ESQUEMA = """create table if not exists mudanca (
    id           bigint generated always as identity primary key,
    origem       text not null,
    chave        text not null,
    operacao     text not null,
    tipo         text not null,
    invalida     boolean not null,
    marcador     timestamptz not null,
    committed_at timestamptz not null
);
create index if not exists mudanca_por_chave on mudanca (origem, chave)"""
"""``marcador`` is when the source's transaction began: whatever it stamped on its rows is not older. ``committed_at`` follows its commit."""


def criar_registro(dsn_registro: str) -> None:
    """Create the simulator's own table."""
    con = psycopg2.connect(dsn_registro)
    with con, con.cursor() as cur:
        cur.execute("select pg_advisory_xact_lock(7205702)")
        cur.execute(ESQUEMA)
    con.close()


class Origem(threading.Thread):
    """One source at work until ``duracao`` seconds have passed (0: for ever) or ``fim`` is set."""

    def __init__(self, nome: str, dsn_origem: str, dsn_registro: str, *, taxa: float, duracao: float, invalidos: float,
                 semente: int, fim: threading.Event) -> None:  # fmt: skip
        super().__init__(name=nome, daemon=True)
        fonte = sources()[nome]
        self._modulo: Any = fonte.module
        self._dsn, self._dsn_registro = dsn_origem, dsn_registro
        self._taxa, self._duracao, self._invalidos = taxa * fonte.share, duracao, invalidos
        self._rng = random.Random(f"{nome}-{semente}")
        self._fim = fim
        self.feitas = 0
        self.falhas = 0
        self.atraso_max = 0.0

    def run(self) -> None:
        con = registro = None
        comeco = time.monotonic()
        numero = 0
        while not self._fim.is_set():
            marcado = comeco + numero / self._taxa
            if self._duracao and marcado - comeco >= self._duracao:
                break
            if self._fim.wait(max(0.0, marcado - time.monotonic())):
                break
            numero += 1
            self.atraso_max = max(self.atraso_max, time.monotonic() - marcado)
            try:
                con = con or psycopg2.connect(self._dsn, application_name="simulador")
                registro = registro or psycopg2.connect(self._dsn_registro, application_name="simulador")
                self._mudar(con, registro)
                self.feitas += 1
            except (psycopg2.Error, OSError) as erro:
                # A stopped database is part of a hospital's life: this change is lost at the source itself, the next ones are not.
                self.falhas += 1
                print(f"{self.name}: {type(erro).__name__} ({getattr(erro, 'pgcode', None)})", file=sys.stderr, flush=True)
                for conexao in (con, registro):
                    if conexao is not None:
                        conexao.close()
                con = registro = None
        for conexao in (con, registro):
            if conexao is not None:
                conexao.close()

    def _mudar(self, con: Any, registro: Any) -> None:
        invalida = self._rng.random() < self._invalidos
        with con.cursor() as cur:
            cur.execute("select now()")
            marcador = cur.fetchone()[0]
        mudanca = (self._modulo.mudar_invalido if invalida else self._modulo.mudar)(con, self._rng)
        con.commit()
        # Sources and the hub share this machine, hence this clock.
        agora = datetime.now(UTC)
        with registro, registro.cursor() as cur:
            cur.execute(
                "insert into mudanca (origem, chave, operacao, tipo, invalida, marcador, committed_at) values (%s, %s, %s, %s, %s, %s, %s)",
                (self.name, mudanca.chave, mudanca.operacao, mudanca.tipo, invalida, marcador, agora),
            )


def simular(dsns: Mapping[str, str], dsn_registro: str, *, taxa: float, duracao: float, invalidos: float = 0.0, semente: int = 0,
            fim: threading.Event | None = None) -> Sequence[Origem]:  # fmt: skip
    """Run every source of ``dsns`` (name → libpq URL) side by side until they end; returns them with their counts."""
    criar_registro(dsn_registro)
    fim = fim or threading.Event()
    origens = [
        Origem(nome, url, dsn_registro, taxa=taxa, duracao=duracao, invalidos=invalidos, semente=semente or time.time_ns(), fim=fim)
        for nome, url in dsns.items()
    ]
    for origem in origens:
        origem.start()
    for origem in origens:
        origem.join()
    return origens


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.simulador", description=__doc__)
    parser.add_argument("--taxa", type=float, default=1.0, help="changes per second into each source (default 1; bookings a fifth)")
    parser.add_argument("--duracao", type=float, default=120.0, help="seconds; 0 runs until it is stopped (default 120)")
    todas = simulated()
    parser.add_argument("--origens", default=",".join(todas), help=f"comma-separated (default {','.join(todas)})")
    parser.add_argument("--invalidos", type=float, default=0.0, help="share of changes that are bad on purpose, 0..1 (default 0)")
    parser.add_argument("--semente", type=int, default=0, help="seed; 0 takes a new one (default)")
    parser.add_argument("--pasta", type=Path, default=RAIZ / ".sandbox", help="state folder of the stack (default .sandbox)")
    args = parser.parse_args()
    nomes = [n.strip() for n in args.origens.split(",") if n.strip()]
    if estranhas := set(nomes) - set(todas):
        parser.error(f"unknown source {', '.join(sorted(estranhas))}; there are {', '.join(todas)}")
    if args.taxa <= 0:
        parser.error("--taxa must be above 0")
    estado = Estado(args.pasta)
    senha = senha_postgres(estado)
    fim = threading.Event()
    for sinal in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sinal, lambda *_: fim.set())
    feitas = simular(
        {n: dsn(estado, senha, todas[n]) for n in nomes}, dsn(estado, senha, "simulador"),
        taxa=args.taxa, duracao=args.duracao, invalidos=args.invalidos, semente=args.semente, fim=fim,
    )  # fmt: skip
    for origem in feitas:
        print(f"{origem.name}: {origem.feitas} changes, {origem.falhas} failed, at most {origem.atraso_max:.2f} s behind its schedule")
    return 0


if __name__ == "__main__":
    sys.exit(main())
