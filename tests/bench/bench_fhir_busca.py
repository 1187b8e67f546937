"""FHIR: pull of ten thousand patients' pages, and the memory that it takes."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import psutil

from sandbox.processos import encerrar, iniciar
from tests.bench.apoio import Medida, executar, maquina, medida, servidor_postgres
from tests.integration.fhir_apoio import BancadaFhir

PAGINAS, POR_PAGINA = 3, 4


def run(rapido: bool = False) -> list[Medida]:
    """Memory is compared between the first tenth of the patients and the end: what grows with the patients shows."""
    pacientes = 1000 if rapido else 10_000
    with servidor_postgres() as (postgres, pasta):
        arquivo = pasta / "porta"
        comando = [sys.executable, "-m", "tests.bench.fhir_paginas", str(arquivo), str(PAGINAS), str(POR_PAGINA)]
        servidor = iniciar(comando, log=pasta / "paginas.log")
        b = None
        try:
            while not arquivo.exists():
                time.sleep(0.05)
            b = BancadaFhir(postgres.criar_banco("plataforma"), pasta, None, tenants=0)
            b.tenants = _povoar(b, pacientes)
            b.configuracoes.gravar(
                b.tenant, {"enabled": True, "baseUrl": f"http://127.0.0.1:{arquivo.read_text()}/fhir", "authType": "apikey",
                           "authConfig": {"apiKey": "qualquer"}}, "bench"
            )  # fmt: skip
            inicio = time.perf_counter()
            comando = [sys.executable, "-m", "tests.bench.fhir_filho", b.dsn, b.chave, b.tenant]
            with subprocess.Popen(comando, stdout=subprocess.PIPE, text=True) as filho:
                cedo, tarde = _vigiar(b, filho, pacientes)
                assert filho.stdout is not None
                feito = json.loads(filho.stdout.read())
            duracao = time.perf_counter() - inicio
        finally:
            if b is not None:
                b.fechar()
            encerrar(servidor)
    como = (
        f"{feito['pacientes']} patients, {PAGINAS} pages of {POR_PAGINA} each, {feito['novas']} observations stored, {feito['falhas']} refused, in {duracao:.0f} s; "
        f"peak {cedo:.0f} MB within the first tenth, {tarde:.0f} MB in all; the real pull against pages made up on the spot; {maquina()}"
    )
    return [
        medida(f"fhir: pull of {pacientes} patients, memory gained after the first tenth", tarde - cedo, "MB", como, maximo=32),
        medida("fhir: pull", feito["pacientes"] / duracao, "patients/s", como),
    ]


def _povoar(b: BancadaFhir, pacientes: int) -> list[object]:  # one tenant, everybody known to the EHR
    from sandbox.origens import plataforma

    feitos = plataforma.gerar(b.dsn, 1, pacientes, semente=11)
    executar(b.dsn, "update patients set \"ehrPatientId\" = 'p' || substr(md5(id), 1, 20)", "analyze patients")
    return list(feitos)


def _vigiar(b: BancadaFhir, filho: subprocess.Popen[str], pacientes: int) -> tuple[float, float]:
    """Peak megabytes until a tenth of the patients was done, and in all."""
    processo, cedo, tarde = psutil.Process(filho.pid), 0.0, 0.0
    while filho.poll() is None:
        try:
            agora = processo.memory_info().rss / 1e6
        except psutil.Error:
            break
        tarde = max(tarde, agora)
        if b.sql("select count(*) from marca_dagua where origem like 'pull:%%'")[0][0] * 10 <= pacientes:
            cedo = max(cedo, agora)
        time.sleep(0.25)
    return cedo, tarde
