"""MV: a burst of 5,000 changed attendances from the journal to Fusion."""

from __future__ import annotations

import time
from datetime import timedelta

from tests.bench.helpers import Measure, machine, measure, postgres_server, run_sql
from tests.harness import Harness

COUNT = 5000


def run(quick: bool = False) -> list[Measure]:
    """Every change is one statement at the source, so that the trigger writes one journal row each."""
    count = 500 if quick else COUNT
    with postgres_server() as (postgres, folder):
        b = Harness(postgres, folder, "mv", count)
        try:
            run_sql(
                b.dsn["origem"],
                "update dbamv.atendime set cd_convenio = case cd_convenio when 1 then 2 else 1 end",
                "analyze fusion_integracao.importacaoatendimento",
            )
            start = time.perf_counter()
            enqueued = b.runtime.search("atualizacao_fila_pendencias").run().enfileirados
            in_queue = time.perf_counter() - start
            result = b.delivery(max_records=10**9, intervalo=timedelta(0)).run()
            duration = time.perf_counter() - start
            atendimentos = b.fusion("select count(*) from registro where entidade = 'atendimento'")[0][0]
            bytes_medios = b.fusion("select avg(length(corpo::text))::int from registro where entidade = 'atendimento'")[0][0]
        finally:
            b.close()
    how = (
        f"{enqueued} journal rows and ICU stays queued in {in_queue:.1f} s, then {result.enviados} sent, {result.inalterados} unchanged, "
        f"{result.erros} refused; records of {bytes_medios / 1000:.1f} kB, several per patient; engine on real databases and Fusion, "
        f"no Airflow; {machine()}"
    )
    return [
        measure(f"mv: burst of {count} changes, from the journal to Fusion", atendimentos / duration, "attendances/s", how, minimum=200),
        measure("mv: journal rows queued and deleted", enqueued / in_queue, "rows/s", how),
    ]
