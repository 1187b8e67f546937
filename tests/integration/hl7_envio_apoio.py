"""What the tests of HL7 over sockets do. The fixtures are in ``hl7_pecas``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg2

from include.fusion.errors import FusionIndisponivel
from include.fusion.hl7.wire.ack import Ack
from include.fusion.hl7.wire.mllp import EnderecoMllp
from include.fusion.hl7.wire.transport import Transporte, TransporteMllp
from sandbox.mllp.servidor import ServidorMllp
from tests.unit.hl7_apoio import ajustes, todas

BOA = todas(ajustes())["A01"].corpo
Tarefa = Callable[[Transporte], Awaitable[Any]]


def sql(dsn: str, comando: str) -> list[tuple[Any, ...]]:
    con = psycopg2.connect(dsn)
    with con, con.cursor() as cur:
        cur.execute(comando)
        linhas = cur.fetchall() if cur.description else []
    con.close()
    return linhas


def guardadas(dsn: str) -> list[str]:
    return [c for (c,) in sql(dsn, "select controle from mensagem_hl7 order by id")]


def com(transporte: Transporte, tarefa: Tarefa) -> Any:
    async def rodar() -> Any:
        async with transporte:
            return await tarefa(transporte)

    return asyncio.run(rodar())


def por_mllp(s: ServidorMllp, tarefa: Tarefa, **opcoes: Any) -> Any:
    return com(TransporteMllp(EnderecoMllp("127.0.0.1", s.porta, **{"tempo_resposta": 5.0, **opcoes})), tarefa)


async def enviar_boa(t: Transporte) -> Ack:
    return await t.enviar(BOA)


async def ate_aceitar(t: Transporte, mensagem: bytes, vezes: int = 60) -> None:
    """What a retry policy does: the same bytes again, so the same control id."""
    for _ in range(vezes):
        try:
            (await t.enviar(mensagem)).conferir()
        except FusionIndisponivel:
            continue
        return
    raise AssertionError("never accepted")
