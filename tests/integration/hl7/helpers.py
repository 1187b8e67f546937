"""What the tests of HL7 over sockets do. The fixtures are in ``fixtures``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg2

from include.fusion.errors import FusionUnavailable
from include.fusion.hl7.wire.ack import Ack
from include.fusion.hl7.wire.mllp import MllpAddress
from include.fusion.hl7.wire.transport import MllpTransport, Transport
from sandbox.mllp.servidor import MllpServer
from tests.unit.hl7.samples import all_of_them, settings

BOA = all_of_them(settings())["A01"].body
Task = Callable[[Transport], Awaitable[Any]]


def sql(dsn: str, command: str) -> list[tuple[Any, ...]]:
    con = psycopg2.connect(dsn)
    with con, con.cursor() as cur:
        cur.execute(command)
        rows = cur.fetchall() if cur.description else []
    con.close()
    return rows


def stored(dsn: str) -> list[str]:
    return [c for (c,) in sql(dsn, "select controle from mensagem_hl7 order by id")]


def com(transport: Transport, task: Task) -> Any:
    async def run_task() -> Any:
        async with transport:
            return await task(transport)

    return asyncio.run(run_task())


def over_mllp(s: MllpServer, task: Task, **options: Any) -> Any:
    return com(MllpTransport(MllpAddress("127.0.0.1", s.port, **{"answer_timeout": 5.0, **options})), task)


async def send_good(t: Transport) -> Ack:
    return await t.send(BOA)


async def until_accepted(t: Transport, message: bytes, times_seen: int = 60) -> None:
    """What a retry policy does: the same bytes again, so the same control id."""
    for _ in range(times_seen):
        try:
            (await t.send(message)).check()
        except FusionUnavailable:
            continue
        return
    raise AssertionError("never accepted")
