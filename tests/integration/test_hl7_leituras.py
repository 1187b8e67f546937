"""MLLP against receivers that behave badly: every read and write ends in time, and no half answer counts as one."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from include.fusion.hl7.wire.ack import Ack, Hl7Recusada, Hl7Rejeitada, Hl7SemResposta
from include.fusion.hl7.wire.mllp import RESPOSTA_MAX, Desmoldurador, EnderecoMllp, emoldurar
from include.fusion.hl7.wire.transport import Transporte, TransporteMllp, controle_da
from sandbox.mllp.servidor import ServidorMllp
from tests.integration.hl7_envio_apoio import BOA, Tarefa, enviar_boa, guardadas
from tests.unit.hl7_apoio import ajustes, mistura, todas

pytest_plugins = ["tests.integration.hl7_pecas"]

Saida = asyncio.StreamWriter
Resposta = Callable[[Saida, bytes], Awaitable[None]]
OUTRA = todas(ajustes())["R01"].corpo
GRANDE = BOA + b"NTE|1||" + b"x" * 30_000_000 + b"\r"
PRAZO = 0.4


def ack(mensagem: bytes, codigo: str = "AA") -> bytes:
    return emoldurar(f"MSH|^~\\&|F|F|T|T|20240301103000-0300||ACK|1|P|2.4\rMSA|{codigo}|{controle_da(mensagem)}\r".encode())


def com_receptor(responder: Resposta | None, tarefa: Tarefa, **opcoes: Any) -> Any:
    """``tarefa`` against a receiver that reads frames and lets ``responder`` answer each; ``None``: it takes connections and never reads."""

    async def atender(leitor: asyncio.StreamReader, saida: Saida) -> None:
        quadros = Desmoldurador(maximo=10**8)
        while responder is not None and (pedaco := await leitor.read(65536)):
            for mensagem in quadros.receber(pedaco):
                await responder(saida, mensagem)
        await asyncio.sleep(60)

    async def rodar() -> Any:
        servidor = await asyncio.start_server(atender, "127.0.0.1", 0)
        endereco = EnderecoMllp(
            "127.0.0.1", servidor.sockets[0].getsockname()[1], **{"tempo_conexao": PRAZO, "tempo_resposta": PRAZO, **opcoes}
        )
        async with TransporteMllp(endereco) as t:
            return await tarefa(t)

    return asyncio.run(rodar())


async def aos_bytes(saida: Saida, conteudo: bytes, pausa: float = 0.0) -> None:
    for n in range(len(conteudo)):
        saida.write(conteudo[n : n + 1])
        await saida.drain()
        await asyncio.sleep(pausa)


async def meia(saida: Saida, mensagem: bytes) -> None:
    saida.write(ack(mensagem)[:-1])


async def meia_e_fecha(saida: Saida, mensagem: bytes) -> None:
    saida.write(ack(mensagem)[:-1])
    saida.close()


async def pinga(saida: Saida, mensagem: bytes) -> None:
    await aos_bytes(saida, b"\x0b" + b"x" * 1000, 0.05)


async def sem_fim(saida: Saida, mensagem: bytes) -> None:
    saida.write(b"\x0b" + b"x" * (RESPOSTA_MAX + 1))


async def duas(saida: Saida, mensagem: bytes) -> None:
    saida.write(ack(OUTRA) + ack(mensagem))


@pytest.mark.parametrize(
    ("responder", "detalhe"),
    [(meia, "tempo limite"), (meia_e_fecha, "fechou"), (pinga, "tempo limite"), (sem_fim, "conexão caiu"), (duas, "outra mensagem")],
)
def test_half_endless_or_foreign_answers_leave_the_fate_unknown_in_time(responder: Resposta, detalhe: str) -> None:
    inicio = time.monotonic()
    with pytest.raises(Hl7SemResposta, match=detalhe):
        com_receptor(responder, enviar_boa)
    assert time.monotonic() - inicio < PRAZO * 4


@pytest.mark.parametrize("mensagem", [BOA, GRANDE], ids=["small", "more than the socket holds"])
def test_a_receiver_that_never_reads_is_left_in_time(mensagem: bytes) -> None:
    inicio = time.monotonic()
    with pytest.raises(Hl7SemResposta):
        com_receptor(None, lambda t: t.enviar(mensagem))
    assert time.monotonic() - inicio < PRAZO * 4


def test_a_handshake_that_never_ends_is_left_in_time() -> None:
    inicio = time.monotonic()
    with pytest.raises(Hl7SemResposta, match="sem conexão"):
        com_receptor(None, enviar_boa, tls=ssl.create_default_context())
    assert time.monotonic() - inicio < PRAZO * 4


def test_an_answer_byte_by_byte_is_one() -> None:
    assert com_receptor(lambda s, m: aos_bytes(s, ack(m)), enviar_boa, tempo_resposta=5.0).aceita


def test_answers_to_several_messages_in_one_packet_find_theirs() -> None:
    juntas: list[bytes] = []

    async def quando_tres(saida: Saida, mensagem: bytes) -> None:
        juntas.append(ack(mensagem))
        if len(juntas) == 3:
            saida.write(b"".join(juntas))

    async def tres(t: Transporte) -> list[Ack]:
        return await asyncio.gather(*(t.enviar(m.corpo) for m in mistura(ajustes(), 0, 3)))

    respostas = com_receptor(quando_tres, tres, janela=3, tempo_resposta=5.0)
    assert [a.controle for a in respostas] == [m.controle for m in mistura(ajustes(), 0, 3)]


def test_a_receiver_that_closes_behind_every_answer_gets_the_next_message_over_a_new_connection() -> None:
    async def fechar(saida: Saida, mensagem: bytes) -> None:
        saida.write(ack(mensagem))
        saida.close()

    async def uma_e_outra(t: Transporte) -> list[bool]:
        feitas = []
        for mensagem in (BOA, OUTRA, BOA):
            feitas.append((await t.enviar(mensagem)).aceita)
            await asyncio.sleep(0.05)
        return feitas

    assert com_receptor(fechar, uma_e_outra) == [True, True, True]


@pytest.mark.parametrize(("codigo", "erro"), [("CA", None), ("CE", Hl7Recusada), ("CR", Hl7Rejeitada)])
def test_acknowledgements_of_the_enhanced_mode_mean_the_same(codigo: str, erro: type[Exception] | None) -> None:
    async def responder(saida: Saida, mensagem: bytes) -> None:
        saida.write(ack(mensagem, codigo))

    lido = com_receptor(responder, enviar_boa)
    if erro is None:
        lido.conferir()
    else:
        with pytest.raises(erro, match=codigo):
            lido.conferir()


# --- the sandbox's listener --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("passo", [1, 700, 10**6], ids=["byte by byte", "pieces", "one packet"])
def test_the_listener_takes_frames_however_they_are_cut(mllp: ServidorMllp, dsn: str, passo: int) -> None:
    mensagens = list(mistura(ajustes(), 0, 3))
    fluxo = b"".join(emoldurar(m.corpo) for m in mensagens)
    respostas, quadros = [], Desmoldurador()
    with socket.create_connection(("127.0.0.1", mllp.porta), timeout=10) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for n in range(0, len(fluxo), passo):
            s.sendall(fluxo[n : n + passo])
        while len(respostas) < 3:
            respostas += quadros.receber(s.recv(65536))
    assert [r.split(b"\rMSA|AA|")[1].strip().decode() for r in respostas] == [m.controle for m in mensagens]
    assert sorted(guardadas(dsn)) == sorted(m.controle for m in mensagens)
