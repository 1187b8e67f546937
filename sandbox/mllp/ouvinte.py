"""The listener: whole frames of a packet are stored side by side and answered in the order in which they came."""

from __future__ import annotations

import asyncio
import re
import ssl
from datetime import UTC, datetime

from sandbox.fusion import hl7
from sandbox.fusion.banco import UNAVAILABLE, Database
from sandbox.fusion.problema import Refusal
from sandbox.mllp.falhas import Injector

_START, _END = b"\x0b", b"\x1c\r"
FRAME_MAX = 32 * 1024 * 1024


class Listener:
    """Accepts connections and stores what arrives in Fusion's table ``mensagem_hl7``, once per MSH-10."""

    def __init__(self, database: Database, integracao: int, injector: Injector) -> None:
        self._database = database
        self._integracao = integracao
        self._injector = injector

    async def open(self, port: int, tls: ssl.SSLContext | None = None) -> asyncio.Server:
        """Listen on loopback; port 0 takes a free one."""
        return await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=tls, limit=1024 * 1024)

    async def _serve(self, reader: asyncio.StreamReader, output: asyncio.StreamWriter) -> None:
        rest = b""
        try:
            while piece := await reader.read(1024 * 1024):
                *frames, rest = (rest + piece).split(_END)
                if len(rest) > FRAME_MAX:
                    break
                messages = [q[q.rfind(_START) + 1 :] for q in frames if _START in q]
                if messages and not await self._respond(messages, output):
                    break
        except (OSError, *UNAVAILABLE):
            pass
        finally:
            output.transport.abort()

    async def _respond(self, messages: list[bytes], output: asyncio.StreamWriter) -> bool:
        """Answer in order; False when the connection is to be cut."""
        self._injector.reread()
        failures = [self._injector.draw() for _ in messages]
        cut = next((n for n, f in enumerate(failures) if f == "corta_antes"), len(failures))
        answers = await asyncio.gather(*(self._handle(m, f) for m, f in zip(messages[:cut], failures[:cut], strict=True)))
        if self._injector.falhas.atraso_ms:
            await asyncio.sleep(self._injector.falhas.atraso_ms / 1000)
        joined = b""
        for response, failure in zip(answers, failures, strict=False):
            if failure == "corta_depois":
                return False
            frame = _START + response + _END
            if failure == "partida":
                await self._little_by_little(joined + frame, output)
                joined = b""
            elif failure == "lixo":
                joined += b"\x00\r\nlixo \x1c " + frame + b"\r\n"
            elif failure != "muda":
                joined += frame
        output.write(joined)
        await output.drain()
        return cut == len(failures)

    @staticmethod
    async def _little_by_little(content: bytes, output: asyncio.StreamWriter) -> None:
        step = max(1, len(content) // 5)
        for start in range(0, len(content), step):
            output.write(content[start : start + step])
            await output.drain()
            await asyncio.sleep(0.002)

    async def _handle(self, raw: bytes, failure: str) -> bytes:
        received, message = datetime.now(UTC), None
        try:
            message = hl7.read(raw)
            hl7.check(message)
            if failure == "ae":
                raise hl7.Hl7Error("AE", 102, "falha injetada")
            if failure == "ar":
                raise hl7.Hl7Error("AR", 207, "falha injetada")
            if await self._database.store_hl7(self._integracao, hl7.row(message, received)) == "conflito":
                raise hl7.Hl7Error("AE", 205, "MSH-10 já usado por outra mensagem")
            text = hl7.ack(message, "AA")
        except hl7.Hl7Error as error:
            if not failure:
                control_id = message and message.field("MSH", 10)
                await self._database.refuse("hl7", Refusal(200, error.texto, error.codigo).of(self._integracao, control_id))
            text = hl7.ack(message, error.codigo, error)
        if failure == "msa_errado":
            text = re.sub(r"(MSA\|..\|)[^|\r]*", r"\1OUTRA", text)
        return text.encode()
