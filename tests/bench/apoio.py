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

Medida = dict[str, Any]
"""{name, value, unit, goal, met, conditions}; ``goal`` and ``met`` are ``None`` for a figure that only explains another."""


def medida(
    nome: str, valor: float | None, unidade: str, condicoes: str, *, minimo: float | None = None, maximo: float | None = None
) -> Medida:
    """One result; without a value no goal is met."""
    meta = f">= {minimo:g}" if minimo is not None else f"<= {maximo:g}" if maximo is not None else None
    atingida = None
    if meta is not None:
        atingida = valor is not None and (minimo is None or valor >= minimo) and (maximo is None or valor <= maximo)
    return {
        "name": nome,
        "value": None if valor is None else round(valor, 3),
        "unit": unidade,
        "goal": meta,
        "met": atingida,
        "conditions": condicoes,
    }


def maquina() -> str:
    """Load of the machine now: a figure from a busy one is not comparable."""
    return f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"


@contextmanager
def pasta_temporaria() -> Iterator[Path]:
    """A folder that goes with the benchmark."""
    pasta = Path(tempfile.mkdtemp(prefix="bench-fusion-"))
    try:
        yield pasta
    finally:
        shutil.rmtree(pasta, ignore_errors=True)


@contextmanager
def servidor_postgres() -> Iterator[tuple[Postgres, Path]]:
    """A PostgreSQL of the benchmark's own and the folder it lives in."""
    with pasta_temporaria() as pasta:
        postgres = Postgres(pasta / "postgres")
        try:
            yield postgres.iniciar(), pasta
        finally:
            postgres.apagar()


def executar(url: str, *comandos: str) -> None:
    """Run statements that return nothing, each on its own."""
    con = psycopg2.connect(url)
    try:
        con.autocommit = True
        with con.cursor() as cur:
            for comando in comandos:
                cur.execute(comando)
    finally:
        con.close()
