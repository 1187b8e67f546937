"""HL7: messages built on one core, and acknowledged over one MLLP connection and over HTTP by the sandbox."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from include.fusion.hl7.build.message import MensagemHl7
from include.fusion.hl7.wire.mllp import EnderecoMllp
from include.fusion.hl7.wire.transport import Transporte, TransporteHttp, TransporteMllp
from include.fusion.http.fusion import ApiFusion, ClienteFusion
from sandbox.fusion.servidor import ServidorFusion
from sandbox.mllp.servidor import ServidorMllp
from tests.bench.apoio import Medida, maquina, medida, servidor_postgres
from tests.unit.hl7_apoio import ajustes, mistura


def montadas_por_segundo(segundos: float) -> float:
    """One process, one thread: a hospital's mix of messages from dataclasses to bytes."""
    aj, feitas, inicio = ajustes(), 0, time.process_time()
    while time.process_time() - inicio < segundos:
        feitas += sum(1 for _ in mistura(aj, feitas, 200))
    return feitas / (time.process_time() - inicio)


async def _enviar(transporte: Transporte, mensagens: Sequence[MensagemHl7], a_uma: int) -> float:
    """Accepted per second with ``a_uma`` senders."""
    fila = iter(mensagens)

    async def seguir() -> None:
        for m in fila:
            (await transporte.enviar(m.corpo)).conferir()

    async with transporte:
        await transporte.saude()
        inicio = time.perf_counter()
        async with asyncio.TaskGroup() as grupo:
            for _ in range(a_uma):
                grupo.create_task(seguir())
        return len(mensagens) / (time.perf_counter() - inicio)


def _enviadas(pasta: Path, dsn: str, quantos: int) -> list[Medida]:
    aj = ajustes()
    lotes = [list(mistura(aj, n * quantos, quantos)) for n in range(6)]
    mllp, medidas = ServidorMllp(dsn, pasta / "mllp").iniciar(), []
    fusion = ServidorFusion(dsn, pasta / "fusion").iniciar()
    como = (
        f"{quantos} mixed messages of HL7 2.4, best of 2, loopback, each stored by the sandbox in PostgreSQL before its answer; {maquina()}"
    )
    try:
        for janela, meta in ((1, 1000), (16, 1000)):
            endereco = EnderecoMllp("127.0.0.1", mllp.porta, janela=janela)
            ritmo = max(asyncio.run(_enviar(TransporteMllp(endereco), lotes.pop(), janela)) for _ in range(2))
            texto = "the next leaves when the one before is answered" if janela == 1 else f"up to {janela} under way, answered in order"
            medidas.append(
                medida(f"hl7: acknowledged over one MLLP connection, window {janela}", ritmo, "messages/s", f"{texto}; {como}", minimo=meta)
            )
        api = ApiFusion(fusion.url, {"Authorization": f"Bearer {fusion.token}"})
        ritmo = max(asyncio.run(_enviar(TransporteHttp(ClienteFusion(api, 16), "/api/HL7/2"), lotes.pop(), 16)) for _ in range(2))
        medidas.append(medida("hl7: acknowledged over HTTP", ritmo, "messages/s", f"16 requests at once; {como}"))
    finally:
        mllp.parar()
        fusion.parar()
    return medidas


def run(rapido: bool = False) -> list[Medida]:
    """Build first, then send to a sandbox on a PostgreSQL of its own."""
    ritmo = max(montadas_por_segundo(1 if rapido else 4) for _ in range(2))
    como = f"mix of ADT, ORU, MDM, RDE and SIU of HL7 2.4 from dataclasses to bytes, CPU time of one process, best of 2; {maquina()}"
    with servidor_postgres() as (postgres, pasta):
        enviadas = _enviadas(pasta, postgres.criar_banco("fusion"), 500 if rapido else 4000)
    return [medida("hl7: messages built on one core", ritmo, "messages/s", como, minimo=3000), *enviadas]
