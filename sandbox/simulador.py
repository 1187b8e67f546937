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
from sandbox.stack.ambiente import dsn, postgres_password
from sandbox.stack.estado import ROOT, StackState

SCHEMA = """create table if not exists mudanca (
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


def create_register(register_dsn: str) -> None:
    """Create the simulator's own table."""
    con = psycopg2.connect(register_dsn)
    with con, con.cursor() as cur:
        cur.execute("select pg_advisory_xact_lock(7205702)")
        cur.execute(SCHEMA)
    con.close()


class Origin(threading.Thread):
    """One source at work until ``duration`` seconds have passed (0: for ever) or ``end`` is set."""

    def __init__(self, name: str, source_dsn: str, register_dsn: str, *, rate: float, duration: float, invalid_share: float,
                 semente: int, end: threading.Event) -> None:  # fmt: skip
        super().__init__(name=name, daemon=True)
        source_items = sources()[name]
        self._module: Any = source_items.module
        self._dsn, self._register_dsn = source_dsn, register_dsn
        self._rate, self._duration, self._invalid_share = rate * source_items.share, duration, invalid_share
        self._rng = random.Random(f"{name}-{semente}")
        self._end = end
        self.done = 0
        self.falhas = 0
        self.delay_max = 0.0

    def run(self) -> None:
        con = record = None
        started = time.monotonic()
        number = 0
        while not self._end.is_set():
            is_marked = started + number / self._rate
            if self._duration and is_marked - started >= self._duration:
                break
            if self._end.wait(max(0.0, is_marked - time.monotonic())):
                break
            number += 1
            self.delay_max = max(self.delay_max, time.monotonic() - is_marked)
            try:
                con = con or psycopg2.connect(self._dsn, application_name="simulador")
                record = record or psycopg2.connect(self._register_dsn, application_name="simulador")
                self._change(con, record)
                self.done += 1
            except (psycopg2.Error, OSError) as error:
                # A stopped database is part of a hospital's life: this change is lost at the source itself, the next ones are not.
                self.falhas += 1
                print(f"{self.name}: {type(error).__name__} ({getattr(error, 'pgcode', None)})", file=sys.stderr, flush=True)
                for connection in (con, record):
                    if connection is not None:
                        connection.close()
                con = record = None
        for connection in (con, record):
            if connection is not None:
                connection.close()

    def _change(self, con: Any, record: Any) -> None:
        invalid = self._rng.random() < self._invalid_share
        with con.cursor() as cur:
            cur.execute("select now()")
            marker = cur.fetchone()[0]
        change = (self._module.change_invalid if invalid else self._module.change)(con, self._rng)
        con.commit()
        # Sources and the hub share this machine, hence this clock.
        now = datetime.now(UTC)
        with record, record.cursor() as cur:
            cur.execute(
                "insert into mudanca (origem, chave, operacao, tipo, invalida, marcador, committed_at) values (%s, %s, %s, %s, %s, %s, %s)",
                (self.name, change.chave, change.operacao, change.tipo, invalid, marker, now),
            )


def simulate(dsns: Mapping[str, str], register_dsn: str, *, rate: float, duration: float, invalid_share: float = 0.0, semente: int = 0,
            end: threading.Event | None = None) -> Sequence[Origin]:  # fmt: skip
    """Run every source of ``dsns`` (name → libpq URL) side by side until they end; returns them with their counts."""
    create_register(register_dsn)
    end = end or threading.Event()
    origins = [
        Origin(
            name, url, register_dsn, rate=rate, duration=duration, invalid_share=invalid_share, semente=semente or time.time_ns(), end=end
        )
        for name, url in dsns.items()
    ]
    for origin in origins:
        origin.start()
    for origin in origins:
        origin.join()
    return origins


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.simulador", description=__doc__)
    parser.add_argument("--taxa", type=float, default=1.0, help="changes per second into each source (default 1; bookings a fifth)")
    parser.add_argument("--duracao", type=float, default=120.0, help="seconds; 0 runs until it is stopped (default 120)")
    all_of_them = simulated()
    parser.add_argument("--origens", default=",".join(all_of_them), help=f"comma-separated (default {','.join(all_of_them)})")
    parser.add_argument("--invalidos", type=float, default=0.0, help="share of changes that are bad on purpose, 0..1 (default 0)")
    parser.add_argument("--semente", type=int, default=0, help="seed; 0 takes a new one (default)")
    parser.add_argument("--pasta", type=Path, default=ROOT / ".sandbox", help="state folder of the stack (default .sandbox)")
    args = parser.parse_args()
    names = [n.strip() for n in args.origens.split(",") if n.strip()]
    if strange := set(names) - set(all_of_them):
        parser.error(f"unknown source {', '.join(sorted(strange))}; there are {', '.join(all_of_them)}")
    if args.taxa <= 0:
        parser.error("--taxa must be above 0")
    state = StackState(args.pasta)
    if not state.processos:
        parser.error("nothing is running: make up")
    password = postgres_password(state)
    end = threading.Event()
    for sinal in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sinal, lambda *_: end.set())
    done = simulate(
        {n: dsn(state, password, all_of_them[n]) for n in names}, dsn(state, password, "simulador"),
        rate=args.taxa, duration=args.duracao, invalid_share=args.invalidos, semente=args.semente, end=end,
    )  # fmt: skip
    for origin in done:
        print(f"{origin.name}: {origin.done} changes, {origin.falhas} failed, at most {origin.delay_max:.2f} s behind its schedule")
    return 0


if __name__ == "__main__":
    sys.exit(main())
