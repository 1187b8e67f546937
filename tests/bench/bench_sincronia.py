"""TrackCare's patients: a million rows of PacienteSES copied once, then compared with the copy without a difference."""

from __future__ import annotations

import resource
import time
from typing import Any

from tests.bancada import Bancada
from tests.bench.apoio import Medida, maquina, medida, servidor_postgres

QUANTOS = 1_000_000
MB = 1024
_LINHAS = """insert into sqluser.pacienteses (pacienteid, prontuario, nome, sexo, documento, atualizadoem)
select n, n::text, 'PACIENTE ' || n, 'F', lpad(n::text, 11, '0'), timestamp '2026-01-01' + n * interval '1 millisecond'
from generate_series(1, %s) n"""


def _pico() -> float:
    """Peak memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MB


def _passar(b: Bancada) -> tuple[float, int]:
    inicio = time.monotonic()
    enfileirados = b.montagem.busca("sincronizar_pacientes").executar().enfileirados
    return time.monotonic() - inicio, enfileirados


def run(rapido: bool = False) -> list[Medida]:
    """The queue of patients is emptied between the passes: what is measured is the comparison."""
    quantos = QUANTOS // 50 if rapido else QUANTOS
    with servidor_postgres() as (postgres, pasta):
        b = Bancada(postgres, pasta, "trackcare", 0)
        try:
            b.origem(_LINHAS, quantos)
            b.origem("analyze sqluser.pacienteses")
            antes = _pico()
            primeira, enfileirados = _passar(b)
            assert enfileirados == quantos
            b.fila("truncate PendenciaIntegracao; analyze PacienteSES")
            b.montagem.esquecer_marcas(None)
            segunda, diferentes = _passar(b)
            assert diferentes == 0
            depois: Any = _pico()
        finally:
            b.fechar()
    como = f"{quantos} patients, pages of {b.montagem.integracao.busca.pagina}; {maquina()}"
    return [
        medida("sincronia: first pass, all copied and queued", primeira, "s", como),
        medida("sincronia: compared again, no difference", segunda, "s", como),
        medida("sincronia: memory that both passes took at most", depois - antes, "MB", como),
    ]
