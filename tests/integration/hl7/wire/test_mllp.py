"""MLLP against receivers that behave badly: every read and write ends in time, and no half answer counts as one."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from include.fusion.hl7.wire.ack import Ack, Hl7NoAnswer, Hl7Refused, Hl7Rejected
from include.fusion.hl7.wire.mllp import ANSWER_MAX, Deframer, MllpAddress, frame
from include.fusion.hl7.wire.transport import MllpTransport, Transport, control_id_of
from sandbox.mllp.servidor import MllpServer
from tests.integration.hl7.helpers import BOA, Task, send_good, stored
from tests.unit.hl7.samples import all_of_them, mixture, settings

pytest_plugins = ["tests.integration.hl7.fixtures"]

Saida = asyncio.StreamWriter
Response = Callable[[Saida, bytes], Awaitable[None]]
OTHER = all_of_them(settings())["R01"].body
LARGE = BOA + b"NTE|1||" + b"x" * 30_000_000 + b"\r"
LEASE = 0.4


def ack(message: bytes, code: str = "AA") -> bytes:
    return frame(f"MSH|^~\\&|F|F|T|T|20240301103000-0300||ACK|1|P|2.4\rMSA|{code}|{control_id_of(message)}\r".encode())


def with_receiver(respond: Response | None, task: Task, **options: Any) -> Any:
    """``task`` against a receiver that reads frames and lets ``respond`` answer each; ``None``: it takes connections and never reads."""

    async def serve(reader: asyncio.StreamReader, output: Saida) -> None:
        frames = Deframer(maximum=10**8)
        while respond is not None and (piece := await reader.read(65536)):
            for message in frames.receive(piece):
                await respond(output, message)
        await asyncio.sleep(60)

    async def run_task() -> Any:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        address = MllpAddress(
            "127.0.0.1", server.sockets[0].getsockname()[1], **{"connect_timeout": LEASE, "answer_timeout": LEASE, **options}
        )
        async with MllpTransport(address) as t:
            return await task(t)

    return asyncio.run(run_task())


async def byte_by_byte(output: Saida, content: bytes, pause: float = 0.0) -> None:
    for n in range(len(content)):
        output.write(content[n : n + 1])
        await output.drain()
        await asyncio.sleep(pause)


async def half(output: Saida, message: bytes) -> None:
    output.write(ack(message)[:-1])


async def half_and_close(output: Saida, message: bytes) -> None:
    output.write(ack(message)[:-1])
    output.close()


async def drips(output: Saida, message: bytes) -> None:
    await byte_by_byte(output, b"\x0b" + b"x" * 1000, 0.05)


async def without_end(output: Saida, message: bytes) -> None:
    output.write(b"\x0b" + b"x" * (ANSWER_MAX + 1))


async def two(output: Saida, message: bytes) -> None:
    output.write(ack(OTHER) + ack(message))


@pytest.mark.parametrize(
    ("respond", "detalhe"),
    [(half, "tempo limite"), (half_and_close, "fechou"), (drips, "tempo limite"), (without_end, "conexão caiu"), (two, "outra mensagem")],
)
def test_half_endless_or_foreign_answers_leave_the_fate_unknown_in_time(respond: Response, detalhe: str) -> None:
    start = time.monotonic()
    with pytest.raises(Hl7NoAnswer, match=detalhe):
        with_receiver(respond, send_good)
    assert time.monotonic() - start < LEASE * 4


@pytest.mark.parametrize("mensagem", [BOA, LARGE], ids=["small", "more than the socket holds"])
def test_a_receiver_that_never_reads_is_left_in_time(mensagem: bytes) -> None:
    start = time.monotonic()
    with pytest.raises(Hl7NoAnswer):
        with_receiver(None, lambda t: t.send(mensagem))
    assert time.monotonic() - start < LEASE * 4


def test_a_handshake_that_never_ends_is_left_in_time() -> None:
    start = time.monotonic()
    with pytest.raises(Hl7NoAnswer, match="sem conexão"):
        with_receiver(None, send_good, tls=ssl.create_default_context())
    assert time.monotonic() - start < LEASE * 4


def test_an_answer_byte_by_byte_is_one() -> None:
    assert with_receiver(lambda s, m: byte_by_byte(s, ack(m)), send_good, answer_timeout=5.0).accepted


def test_answers_to_several_messages_in_one_packet_find_theirs() -> None:
    joined: list[bytes] = []

    async def when_three(output: Saida, message: bytes) -> None:
        joined.append(ack(message))
        if len(joined) == 3:
            output.write(b"".join(joined))

    async def three(t: Transport) -> list[Ack]:
        return await asyncio.gather(*(t.send(m.body) for m in mixture(settings(), 0, 3)))

    answers = with_receiver(when_three, three, window=3, answer_timeout=5.0)
    assert [a.controle for a in answers] == [m.controle for m in mixture(settings(), 0, 3)]


def test_a_receiver_that_closes_behind_every_answer_gets_the_next_message_over_a_new_connection() -> None:
    async def close(output: Saida, message: bytes) -> None:
        output.write(ack(message))
        output.close()

    async def one_and_other(t: Transport) -> list[bool]:
        done = []
        for message in (BOA, OTHER, BOA):
            done.append((await t.send(message)).accepted)
            await asyncio.sleep(0.05)
        return done

    assert with_receiver(close, one_and_other) == [True, True, True]


@pytest.mark.parametrize(("codigo", "erro"), [("CA", None), ("CE", Hl7Refused), ("CR", Hl7Rejected)])
def test_acknowledgements_of_the_enhanced_mode_mean_the_same(codigo: str, erro: type[Exception] | None) -> None:
    async def respond(output: Saida, message: bytes) -> None:
        output.write(ack(message, codigo))

    read_item = with_receiver(respond, send_good)
    if erro is None:
        read_item.check()
    else:
        with pytest.raises(erro, match=codigo):
            read_item.check()


# --- the sandbox's listener --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 700, 10**6], ids=["byte by byte", "pieces", "one packet"])
def test_the_listener_takes_frames_however_they_are_cut(mllp: MllpServer, dsn: str, step: int) -> None:
    messages = list(mixture(settings(), 0, 3))
    fluxo = b"".join(frame(m.body) for m in messages)
    answers: list[bytes] = []
    frames = Deframer()
    with socket.create_connection(("127.0.0.1", mllp.port), timeout=10) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for n in range(0, len(fluxo), step):
            s.sendall(fluxo[n : n + step])
        while len(answers) < 3:
            answers += frames.receive(s.recv(65536))
    assert [r.split(b"\rMSA|AA|")[1].strip().decode() for r in answers] == [m.controle for m in messages]
    assert sorted(stored(dsn)) == sorted(m.controle for m in messages)
