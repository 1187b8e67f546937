"""Change by comparison (Sotech): the first look at 300,000 attendances, looks at the same again, and one after a few changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg2

from tests.bancada import Bancada
from tests.bench.apoio import Medida, maquina, medida, servidor_postgres

RAIZ = Path(__file__).resolve().parents[2]
QUANTOS = 300_000
MUDANCAS = 200
MB = 1e6


def olhar(bancada: Bancada, pasta: Path, *passos: str) -> list[dict[str, Any]]:
    """What a process of its own says about these looks; the first line is of its start."""
    urls = {nome: url.replace("postgresql://", "postgresql+psycopg2://", 1) for nome, url in bancada.dsn.items()}
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(RAIZ), str(RAIZ / "plugins"))), "AIRFLOW_HOME": str(pasta)}
    pedido = json.dumps({"fila": urls["fila"], "origem": urls["origem"], "passos": passos})
    comando = [sys.executable, "-m", "tests.bench.retrato_filho", pedido]
    saida = subprocess.run(comando, env=env, cwd=RAIZ, capture_output=True, text=True, check=True).stdout
    return [json.loads(linha) for linha in saida.splitlines() if linha.startswith("{")]


def _mudar(bancada: Bancada) -> None:
    con = psycopg2.connect(bancada.dsn["origem"])
    for _ in range(MUDANCAS):
        bancada.fonte.mudar(con, bancada.rng)
        con.commit()
    con.close()


def run(rapido: bool = False) -> list[Medida]:
    """Every table of the integration is compared, the details, too."""
    quantos = QUANTOS // 30 if rapido else QUANTOS
    with servidor_postgres() as (postgres, pasta):
        print(f"  generating {quantos} attendances", flush=True)
        inicio = time.monotonic()
        bancada = Bancada(postgres, pasta, "sotech", quantos)
        try:
            gerado = time.monotonic() - inicio
            comeco, primeira = olhar(bancada, pasta, "primeira")
            _, igual, vigia = olhar(bancada, pasta, "igual", "vigia")
            _mudar(bancada)
            _, mudada = olhar(bancada, pasta, "mudada")
            linhas = bancada.fila("select sum(quantidade), count(*) from retrato")[0]
            tamanho = bancada.fila("select pg_total_relation_size('retrato')")[0][0]
        finally:
            bancada.fechar()
    como = (
        f"{quantos} attendances and what belongs to them, {linhas[0]} rows in 12 tables, {linhas[1]} blocks stored in {tamanho / MB:.0f} MB; "
        f"generated in {gerado:.0f} s; no Airflow; each look in a process of its own that needs {comeco['pico'] / MB:.0f} MB to start; {maquina()}"
    )
    pico = max(x["pico"] for x in (primeira, igual, mudada)) / MB
    return [
        medida("comparison: first look, all queued", primeira["segundos"], "s", f"{primeira['enfileirados']} queued; {como}", maximo=60),
        medida("comparison: look at the same again", igual["segundos"], "s", como, maximo=5),
        medida("comparison: the watcher's question", vigia["segundos"], "s", f"without counters to rest on; {como}", maximo=5),
        medida(
            f"comparison: look after {MUDANCAS} changes", mudada["segundos"], "s", f"{mudada['lidos']} rows differed; {como}", maximo=10
        ),
        medida("comparison: peak memory of a look", pico, "MB", como, maximo=300),
    ]
