"""Headless Chromium for a test, by its own protocol (CDP) over one WebSocket: no driver to install."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp

CHROMIUM = next((c for c in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if c), None)


class Navegador:
    """One page; use as an async context manager."""

    def __init__(self, pasta: Path) -> None:
        self._pasta = pasta
        self._numeros = itertools.count(1)

    async def __aenter__(self) -> Navegador:
        assert CHROMIUM is not None
        comando = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server", "--no-first-run",
                   "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
                   f"--user-data-dir={self._pasta}", "about:blank"]  # fmt: skip
        nada = asyncio.subprocess.DEVNULL
        self._processo = await asyncio.create_subprocess_exec(*comando, stdin=nada, stdout=nada, stderr=nada)
        arquivo, limite = self._pasta / "DevToolsActivePort", time.monotonic() + 60
        while not arquivo.exists() or not arquivo.read_text().strip():
            assert self._processo.returncode is None and time.monotonic() < limite, "Chromium did not start"
            await asyncio.sleep(0.1)
        self._sessao = aiohttp.ClientSession()
        porta = arquivo.read_text().splitlines()[0]
        async with self._sessao.get(f"http://127.0.0.1:{porta}/json/list") as resposta:
            pagina = next(p for p in await resposta.json() if p["type"] == "page")
        self._ws = await self._sessao.ws_connect(pagina["webSocketDebuggerUrl"], max_msg_size=0)
        return self

    async def __aexit__(self, tipo: type[BaseException] | None, erro: BaseException | None, rastro: TracebackType | None) -> None:
        await self._ws.close()
        await self._sessao.close()
        self._processo.terminate()
        await asyncio.wait_for(self._processo.wait(), 20)

    async def pedir(self, metodo: str, **parametros: Any) -> dict[str, Any]:
        """One CDP command and its answer; events in between are passed over."""
        numero = next(self._numeros)
        await self._ws.send_json({"id": numero, "method": metodo, "params": parametros})
        async with asyncio.timeout(30):
            while True:
                dito = json.loads((await self._ws.receive()).data)
                if dito.get("id") == numero:
                    assert "error" not in dito, dito
                    return dict(dito["result"])

    async def cookie(self, url: str, nome: str, valor: str) -> None:
        await self.pedir("Network.setCookie", url=url, name=nome, value=valor, httpOnly=True, sameSite="Lax")

    async def ir(self, url: str) -> None:
        await self.pedir("Page.navigate", url=url)

    async def ler(self, expressao: str) -> Any:
        """Value of a JavaScript expression on the page."""
        resposta = await self.pedir("Runtime.evaluate", expression=expressao, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in resposta, resposta
        return resposta["result"].get("value")

    async def esperar(self, expressao: str, segundos: float = 20) -> Any:
        """Until an expression is true."""
        limite = time.monotonic() + segundos
        # A page that is still loading has not everything that the expression names.
        while not (valor := await self.ler(f"(() => {{ try {{ return {expressao} }} catch {{ return false }} }})()")):
            assert time.monotonic() < limite, f"{expressao}: {await self.ler('document.body?.innerText')}"
            await asyncio.sleep(0.1)
        return valor

    async def preencher(self, **campos: str) -> None:
        """As typing does: value and events."""
        for nome, valor in campos.items():
            e = f"document.getElementById({json.dumps(nome)})"
            await self.ler(f"{e}.value = {json.dumps(valor)}; {e}.dispatchEvent(new Event('change', {{bubbles: true}}))")

    async def clicar(self, nome: str) -> None:
        await self.ler(f"document.getElementById({json.dumps(nome)}).click()")
