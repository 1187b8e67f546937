"""TrackCare's patients: a million rows of PacienteSES copied once, then compared with the copy without a difference."""

from __future__ import annotations

import resource
import time
from typing import Any

from tests.bench.helpers import Measure, machine, measure, postgres_server
from tests.harness import Harness

COUNT = 1_000_000
MB = 1024
_LINES = """insert into sqluser.pacienteses (pacienteid, prontuario, nome, sexo, documento, atualizadoem)
select n, n::text, 'PACIENTE ' || n, 'F', lpad(n::text, 11, '0'), timestamp '2026-01-01' + n * interval '1 millisecond'
from generate_series(1, %s) n"""


def _peak() -> float:
    """Peak memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MB


def _pass_over(b: Harness) -> tuple[float, int]:
    start = time.monotonic()
    enqueued = b.runtime.search("sincronizar_pacientes").run().enfileirados
    return time.monotonic() - start, enqueued


def run(quick: bool = False) -> list[Measure]:
    """The queue of patients is emptied between the passes: what is measured is the comparison."""
    count = COUNT // 50 if quick else COUNT
    with postgres_server() as (postgres, folder):
        b = Harness(postgres, folder, "trackcare", 0)
        try:
            b.origem(_LINES, count)
            b.origem("analyze sqluser.pacienteses")
            before = _peak()
            first, enqueued = _pass_over(b)
            assert enqueued == count
            b.fila("truncate PendenciaIntegracao; analyze PacienteSES")
            b.runtime.forget_watermarks(None)
            second_time, differing = _pass_over(b)
            assert differing == 0
            after: Any = _peak()
        finally:
            b.close()
    how = f"{count} patients, pages of {b.runtime.integracao.search.pagina}; {machine()}"
    return [
        measure("sincronia: first pass, all copied and queued", first, "s", how),
        measure("sincronia: compared again, no difference", second_time, "s", how),
        measure("sincronia: memory that both passes took at most", after - before, "MB", how),
    ]
