"""The listener: whole frames of a packet are stored side by side and answered in the order in which they came."""

from __future__ import annotations

import asyncio
import re
import ssl
from datetime import UTC, datetime

from sandbox.fusion import hl7
from sandbox.fusion.banco import INDISPONIVEL, Banco
from sandbox.fusion.problema import Recusa
from sandbox.mllp.falhas import Injetor

_INICIO, _FIM = b"\x0b", b"\x1c\r"
QUADRO_MAX = 32 * 1024 * 1024


class Ouvinte:
    """Accepts connections and stores what arrives in Fusion's table ``mensagem_hl7``, once per MSH-10."""

    def __init__(self, banco: Banco, integracao: int, injetor: Injetor) -> None:
        self._banco = banco
        self._integracao = integracao
        self._injetor = injetor

    async def abrir(self, porta: int, tls: ssl.SSLContext | None = None) -> asyncio.Server:
        """Listen on loopback; port 0 takes a free one."""
        return await asyncio.start_server(self._atender, "127.0.0.1", porta, ssl=tls, limit=1024 * 1024)

    async def _atender(self, leitor: asyncio.StreamReader, saida: asyncio.StreamWriter) -> None:
        resto = b""
        try:
            while pedaco := await leitor.read(1024 * 1024):
                *quadros, resto = (resto + pedaco).split(_FIM)
                if len(resto) > QUADRO_MAX:
                    break
                mensagens = [q[q.rfind(_INICIO) + 1 :] for q in quadros if _INICIO in q]
                if mensagens and not await self._responder(mensagens, saida):
                    break
        except (OSError, *INDISPONIVEL):
            pass
        finally:
            saida.transport.abort()

    async def _responder(self, mensagens: list[bytes], saida: asyncio.StreamWriter) -> bool:
        """Answer in order; False when the connection is to be cut."""
        self._injetor.reler()
        falhas = [self._injetor.sortear() for _ in mensagens]
        corte = next((n for n, f in enumerate(falhas) if f == "corta_antes"), len(falhas))
        respostas = await asyncio.gather(*(self._tratar(m, f) for m, f in zip(mensagens[:corte], falhas[:corte], strict=True)))
        if self._injetor.falhas.atraso_ms:
            await asyncio.sleep(self._injetor.falhas.atraso_ms / 1000)
        juntas = b""
        for resposta, falha in zip(respostas, falhas, strict=False):
            if falha == "corta_depois":
                return False
            quadro = _INICIO + resposta + _FIM
            if falha == "partida":
                await self._aos_poucos(juntas + quadro, saida)
                juntas = b""
            elif falha == "lixo":
                juntas += b"\x00\r\nlixo \x1c " + quadro + b"\r\n"
            elif falha != "muda":
                juntas += quadro
        saida.write(juntas)
        await saida.drain()
        return corte == len(falhas)

    @staticmethod
    async def _aos_poucos(conteudo: bytes, saida: asyncio.StreamWriter) -> None:
        passo = max(1, len(conteudo) // 5)
        for inicio in range(0, len(conteudo), passo):
            saida.write(conteudo[inicio : inicio + passo])
            await saida.drain()
            await asyncio.sleep(0.002)

    async def _tratar(self, bruto: bytes, falha: str) -> bytes:
        recebido, mensagem = datetime.now(UTC), None
        try:
            mensagem = hl7.ler(bruto)
            hl7.conferir(mensagem)
            if falha == "ae":
                raise hl7.Erro("AE", 102, "falha injetada")
            if falha == "ar":
                raise hl7.Erro("AR", 207, "falha injetada")
            if await self._banco.guardar_hl7(self._integracao, hl7.linha(mensagem, recebido)) == "conflito":
                raise hl7.Erro("AE", 205, "MSH-10 já usado por outra mensagem")
            texto = hl7.ack(mensagem, "AA")
        except hl7.Erro as erro:
            if not falha:
                controle = mensagem and mensagem.campo("MSH", 10)
                await self._banco.recusar("hl7", Recusa(200, erro.texto, erro.codigo).de(self._integracao, controle))
            texto = hl7.ack(mensagem, erro.codigo, erro)
        if falha == "msa_errado":
            texto = re.sub(r"(MSA\|..\|)[^|\r]*", r"\1OUTRA", texto)
        return texto.encode()
