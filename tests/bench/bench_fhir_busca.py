"""FHIR: pull of ten thousand patients' pages, and the memory that it takes."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import psutil

from sandbox.origens.plataforma.gerador import Tenant
from sandbox.processos import end_process, start_run
from tests.bench.helpers import Measure, machine, measure, postgres_server, run_sql
from tests.integration.fhir.harness import FhirHarness

PAGES, PER_PAGE = 3, 4


def run(quick: bool = False) -> list[Measure]:
    """Memory is compared between the first tenth of the patients and the end: what grows with the patients shows."""
    pacientes = 1000 if quick else 10_000
    with postgres_server() as (postgres, folder):
        file = folder / "porta"
        command = [sys.executable, "-m", "tests.bench.fhir_paginas", str(file), str(PAGES), str(PER_PAGE)]
        server = start_run(command, log=folder / "paginas.log")
        b = None
        try:
            while not file.exists():
                time.sleep(0.05)
            b = FhirHarness(postgres.create_database("plataforma"), folder, None, tenants=0)
            b.tenants = _populate(b, pacientes)
            b.configurations.write(
                b.tenant, {"enabled": True, "baseUrl": f"http://127.0.0.1:{file.read_text()}/fhir", "authType": "apikey",
                           "authConfig": {"apiKey": "qualquer"}}, "bench"
            )  # fmt: skip
            start = time.perf_counter()
            command = [sys.executable, "-m", "tests.bench.fhir_filho", b.dsn, b.chave, b.tenant]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
                cedo, tarde = _watch(b, child, pacientes)
                assert child.stdout is not None
                done = json.loads(child.stdout.read())
            duration = time.perf_counter() - start
        finally:
            if b is not None:
                b.close()
            end_process(server)
    how = (
        f"{done['pacientes']} patients, {PAGES} pages of {PER_PAGE} each, {done['novas']} observations stored, {done['falhas']} refused, in {duration:.0f} s; "
        f"peak {cedo:.0f} MB within the first tenth, {tarde:.0f} MB in all; the real pull against pages made up on the spot; {machine()}"
    )
    return [
        measure(f"fhir: pull of {pacientes} patients, memory gained after the first tenth", tarde - cedo, "MB", how, maximum=32),
        measure("fhir: pull", done["pacientes"] / duration, "patients/s", how),
    ]


def _populate(b: FhirHarness, pacientes: int) -> list[Tenant]:  # one tenant, everybody known to the EHR
    from sandbox.origens import plataforma

    done = plataforma.generate(b.dsn, 1, pacientes, semente=11)
    run_sql(b.dsn, "update patients set \"ehrPatientId\" = 'p' || substr(md5(id), 1, 20)", "analyze patients")
    return list(done)


def _watch(b: FhirHarness, child: subprocess.Popen[str], pacientes: int) -> tuple[float, float]:
    """Peak megabytes until a tenth of the patients was done, and in all."""
    processo, cedo, tarde = psutil.Process(child.pid), 0.0, 0.0
    while child.poll() is None:
        try:
            now = processo.memory_info().rss / 1e6
        except psutil.Error:
            break
        tarde = max(tarde, now)
        if b.sql("select count(*) from marca_dagua where origem like 'pull:%%'")[0][0] * 10 <= pacientes:
            cedo = max(cedo, now)
        time.sleep(0.25)
    return cedo, tarde
