"""MV: a burst of 5,000 changed attendances from the journal to Fusion."""

from __future__ import annotations

import time
from datetime import timedelta

from tests.bancada import Bancada
from tests.bench.apoio import Medida, executar, maquina, medida, servidor_postgres

QUANTOS = 5000


def run(rapido: bool = False) -> list[Medida]:
    """Every change is one statement at the source, so that the trigger writes one journal row each."""
    quantos = 500 if rapido else QUANTOS
    with servidor_postgres() as (postgres, pasta):
        b = Bancada(postgres, pasta, "mv", quantos)
        try:
            executar(
                b.dsn["origem"],
                "update dbamv.atendime set cd_convenio = case cd_convenio when 1 then 2 else 1 end",
                "analyze fusion_integracao.importacaoatendimento",
            )
            inicio = time.perf_counter()
            enfileirados = b.montagem.busca("atualizacao_fila_pendencias").executar().enfileirados
            na_fila = time.perf_counter() - inicio
            resultado = b.entrega(max_records=10**9, intervalo=timedelta(0)).executar()
            duracao = time.perf_counter() - inicio
            atendimentos = b.fusion("select count(*) from registro where entidade = 'atendimento'")[0][0]
            bytes_medios = b.fusion("select avg(length(corpo::text))::int from registro where entidade = 'atendimento'")[0][0]
        finally:
            b.fechar()
    como = (
        f"{enfileirados} journal rows and ICU stays queued in {na_fila:.1f} s, then {resultado.enviados} sent, {resultado.inalterados} unchanged, "
        f"{resultado.erros} refused; records of {bytes_medios / 1000:.1f} kB, several per patient; engine on real databases and Fusion, "
        f"no Airflow; {maquina()}"
    )
    return [
        medida(f"mv: burst of {quantos} changes, from the journal to Fusion", atendimentos / duracao, "attendances/s", como, minimo=200),
        medida("mv: journal rows queued and deleted", enfileirados / na_fila, "rows/s", como),
    ]
