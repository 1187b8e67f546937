"""MLLP: the frame around a message, and a client that keeps its connection.

A receiver answers in the order in which messages came, so an answer belongs to the oldest message without one. With ``janela`` 1 (the
default, plain MLLP) the next message leaves when the one before is answered; a larger one lets that many be under way, which only a
receiver that answers in order may be given. MSA-2 is checked in any case.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType

from include.fusion.hl7.wire.ack import Ack, Hl7SemResposta, ler_ack

INICIO, FIM = b"\x0b", b"\x1c\r"
RESPOSTA_MAX = 1024 * 1024
"""Bytes that an answer may have before the connection counts as broken."""


def emoldurar(mensagem: bytes) -> bytes:
    return INICIO + mensagem + FIM


class Desmoldurador:
    """Takes bytes as they come and gives whole messages: several in one packet, one in many, noise between frames dropped."""

    def __init__(self, maximo: int = RESPOSTA_MAX) -> None:
        self._resto = bytearray()
        self._maximo = maximo
        self._procurado = 0

    def receber(self, bytes_: bytes) -> Iterator[bytes]:
        """Every message that is complete now. :raises OverflowError: one that never ends."""
        resto = self._resto
        resto += bytes_
        while True:
            inicio = resto.find(INICIO)
            if inicio < 0:
                resto.clear()
                return
            if inicio:
                del resto[:inicio]
                self._procurado = 0
            fim = resto.find(FIM, max(1, self._procurado))
            if fim < 0:
                # A frame that begins again inside another: the first one's end was lost.
                outro = resto.rfind(INICIO, 1)
                if outro > 0:
                    del resto[:outro]
                self._procurado = len(resto) - 1
                if len(resto) > self._maximo:
                    resto.clear()
                    raise OverflowError("MLLP frame too long")
                return
            mensagem = bytes(resto[1:fim])
            del resto[: fim + 2]
            self._procurado = 0
            yield mensagem.rpartition(INICIO)[2]


@dataclass(frozen=True, slots=True)
class EnderecoMllp:
    """Where the receiver listens. Times in seconds; ``tls`` is a context of the caller's, ``None`` for plain TCP."""

    host: str
    porta: int
    tls: ssl.SSLContext | None = None
    tempo_conexao: float = 10.0
    tempo_resposta: float = 30.0
    janela: int = 1


class ClienteMllp:
    """One kept connection, opened again when it breaks; use as an async context manager, from one event loop.

    A message whose connection breaks is not sent again here: the caller decides, and sends it under the same control id.
    """

    def __init__(self, endereco: EnderecoMllp) -> None:
        self.endereco = endereco
        self._saida: asyncio.StreamWriter | None = None
        self._leitura: asyncio.Task[None] | None = None
        self._esperam: deque[tuple[asyncio.Future[bytes], float]] = deque()

    async def __aenter__(self) -> ClienteMllp:
        self._trava = asyncio.Lock()
        self._vagas = asyncio.Semaphore(self.endereco.janela)
        return self

    async def __aexit__(self, tipo: type[BaseException] | None, erro: BaseException | None, rastro: TracebackType | None) -> None:
        self._derrubar("conexão encerrada")

    async def enviar(self, mensagem: bytes, controle: str) -> Ack:
        """Send one message and return its acknowledgement, whatever it says.

        :raises Hl7SemResposta: no connection, no answer in time, or an answer that is not to this message; the connection is given up then.
        """
        async with self._vagas:
            async with self._trava:
                # Under the lock: messages leave in the order of the queue of answers.
                saida = await self._conectar()
                futuro: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
                self._esperam.append((futuro, time.monotonic() + self.endereco.tempo_resposta))
                try:
                    saida.write(emoldurar(mensagem))
                    async with asyncio.timeout(self.endereco.tempo_resposta):
                        await saida.drain()
                except (OSError, TimeoutError):
                    self._derrubar("a conexão caiu")
            try:
                resposta = await futuro
            except asyncio.CancelledError:
                # Its answer would be taken for the next message's.
                self._derrubar("envio interrompido")
                raise
            try:
                return ler_ack(resposta, controle)
            except Hl7SemResposta:
                self._derrubar("respostas fora de ordem")
                raise

    async def conferir(self) -> None:
        """Return when the receiver takes connections. :raises Hl7SemResposta:"""
        async with self._trava:
            await self._conectar()

    async def _conectar(self) -> asyncio.StreamWriter:
        if self._saida is not None:
            return self._saida
        e = self.endereco
        try:
            async with asyncio.timeout(e.tempo_conexao):
                leitor, self._saida = await asyncio.open_connection(e.host, e.porta, ssl=e.tls)
        except (OSError, TimeoutError):
            raise Hl7SemResposta("sem conexão MLLP") from None
        self._leitura = asyncio.create_task(self._ler(leitor))
        return self._saida

    async def _ler(self, leitor: asyncio.StreamReader) -> None:
        """Give every answer to the oldest message without one; a late or broken one ends the connection."""
        quadros = Desmoldurador()
        detalhe = "o destino fechou a conexão"
        try:
            while True:
                try:
                    async with asyncio.timeout_at(self._prazo()):
                        pedaco = await leitor.read(65536)
                except TimeoutError:
                    if not self._esperam or self._esperam[0][1] > time.monotonic():
                        continue  # a message that left while nothing was awaited has its own time
                    detalhe = "sem resposta no tempo limite"
                    break
                if not pedaco:
                    break
                for resposta in quadros.receber(pedaco):
                    if not self._esperam:
                        detalhe = "resposta sem mensagem"
                        return
                    futuro, _ = self._esperam.popleft()
                    if not futuro.done():
                        futuro.set_result(resposta)
        except (OSError, OverflowError):
            detalhe = "a conexão caiu"
        finally:
            if self._leitura is asyncio.current_task():
                self._derrubar(detalhe)

    def _prazo(self) -> float:
        """Loop time until which to read: that of the oldest message, or a turn of the usual wait."""
        agora = time.monotonic()
        ate = self._esperam[0][1] if self._esperam else agora + self.endereco.tempo_resposta
        return asyncio.get_running_loop().time() + max(0.0, ate - agora)

    def _derrubar(self, detalhe: str) -> None:
        """Close, and fail whoever waits: what became of those messages is unknown."""
        saida, self._saida = self._saida, None
        leitura, self._leitura = self._leitura, None
        if leitura is not None and leitura is not asyncio.current_task():
            leitura.cancel()
        if saida is not None:
            saida.transport.abort()
        while self._esperam:
            futuro, _ = self._esperam.popleft()
            if not futuro.done():
                futuro.set_exception(Hl7SemResposta(detalhe))
