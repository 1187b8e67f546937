"""What every benchmark needs: a result's shape, the machine's load, places that are gone afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from sandbox.postgres import Postgres

Measure = dict[str, Any]
"""{name, value, unit, goal, met, conditions}; ``goal`` and ``met`` are ``None`` for a figure that only explains another."""


def measure(
    name: str, value: float | None, unit: str, conditions: str, *, minimum: float | None = None, maximum: float | None = None
) -> Measure:
    """One result; without a value no goal is met."""
    meta = f">= {minimum:g}" if minimum is not None else f"<= {maximum:g}" if maximum is not None else None
    atingida = None
    if meta is not None:
        atingida = value is not None and (minimum is None or value >= minimum) and (maximum is None or value <= maximum)
    return {
        "name": name,
        "value": None if value is None else round(value, 3),
        "unit": unit,
        "goal": meta,
        "met": atingida,
        "conditions": conditions,
    }


def machine() -> str:
    """Load of the machine now: a figure from a busy one is not comparable."""
    return f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that goes with the benchmark."""
    folder = Path(tempfile.mkdtemp(prefix="bench-fusion-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_server() -> Iterator[tuple[Postgres, Path]]:
    """A PostgreSQL of the benchmark's own and the folder it lives in."""
    with temporary_folder() as folder:
        postgres = Postgres(folder / "postgres")
        try:
            yield postgres.start_run(), folder
        finally:
            postgres.delete()


def run_sql(url: str, *commands: str) -> None:
    """Run statements that return nothing, each on its own."""
    con = psycopg2.connect(url)
    try:
        con.autocommit = True
        with con.cursor() as cur:
            for command in commands:
                cur.execute(command)
    finally:
        con.close()
