"""HL7: messages built on one core, and acknowledged over one MLLP connection and over HTTP by the sandbox."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from include.fusion.hl7.build.message import Hl7Message
from include.fusion.hl7.wire.mllp import MllpAddress
from include.fusion.hl7.wire.transport import HttpTransport, MllpTransport, Transport
from include.fusion.http.fusion import FusionApi, FusionClient
from sandbox.fusion.servidor import FusionServer
from sandbox.mllp.servidor import MllpServer
from tests.bench.helpers import Measure, machine, measure, postgres_server
from tests.unit.hl7.samples import mixture, settings


def built_per_second(seconds: float) -> float:
    """One process, one thread: a hospital's mix of messages from dataclasses to bytes."""
    profile, done, start = settings(), 0, time.process_time()
    while time.process_time() - start < seconds:
        done += sum(1 for _ in mixture(profile, done, 200))
    return done / (time.process_time() - start)


async def _send(transport: Transport, messages: Sequence[Hl7Message], one_at_a_time: int) -> float:
    """Accepted per second with ``one_at_a_time`` senders."""
    fila = iter(messages)

    async def go_on() -> None:
        for m in fila:
            (await transport.send(m.body)).check()

    async with transport:
        await transport.health()
        start = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(one_at_a_time):
                group.create_task(go_on())
        return len(messages) / (time.perf_counter() - start)


def _sent(folder: Path, dsn: str, count: int) -> list[Measure]:
    profile = settings()
    batches = [list(mixture(profile, n * count, count)) for n in range(6)]
    mllp, measures = MllpServer(dsn, folder / "mllp").start_run(), []
    fusion = FusionServer(dsn, folder / "fusion").start_run()
    how = f"{count} mixed messages of HL7 2.4, best of 2, loopback, each stored by the sandbox in PostgreSQL before its answer; {machine()}"
    try:
        for window, meta in ((1, 1000), (16, 1000)):
            address = MllpAddress("127.0.0.1", mllp.port, window=window)
            ritmo = max(asyncio.run(_send(MllpTransport(address), batches.pop(), window)) for _ in range(2))
            text = "the next leaves when the one before is answered" if window == 1 else f"up to {window} under way, answered in order"
            measures.append(
                measure(f"hl7: acknowledged over one MLLP connection, window {window}", ritmo, "messages/s", f"{text}; {how}", minimum=meta)
            )
        api = FusionApi(fusion.url, {"Authorization": f"Bearer {fusion.token}"})
        ritmo = max(asyncio.run(_send(HttpTransport(FusionClient(api, 16), "/api/HL7/2"), batches.pop(), 16)) for _ in range(2))
        measures.append(measure("hl7: acknowledged over HTTP", ritmo, "messages/s", f"16 requests at once; {how}"))
    finally:
        mllp.stop()
        fusion.stop()
    return measures


def run(quick: bool = False) -> list[Measure]:
    """Build first, then send to a sandbox on a PostgreSQL of its own."""
    ritmo = max(built_per_second(1 if quick else 4) for _ in range(2))
    how = f"mix of ADT, ORU, MDM, RDE and SIU of HL7 2.4 from dataclasses to bytes, CPU time of one process, best of 2; {machine()}"
    with postgres_server() as (postgres, folder):
        sent = _sent(folder, postgres.create_database("fusion"), 500 if quick else 4000)
    return [measure("hl7: messages built on one core", ritmo, "messages/s", how, minimum=3000), *sent]
