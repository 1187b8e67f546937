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


class Browser:
    """One page; use as an async context manager. ``patience``: seconds for the answer to one command."""

    def __init__(self, folder: Path, patience: float = 30) -> None:
        self._folder = folder
        self._patience = patience
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> Browser:
        assert CHROMIUM is not None
        command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server", "--no-first-run",
                   "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
                   f"--user-data-dir={self._folder}", "about:blank"]  # fmt: skip
        nothing = asyncio.subprocess.DEVNULL
        self._processo = await asyncio.create_subprocess_exec(*command, stdin=nothing, stdout=nothing, stderr=nothing)
        file, limit = self._folder / "DevToolsActivePort", time.monotonic() + 60
        while not file.exists() or not file.read_text().strip():
            assert self._processo.returncode is None and time.monotonic() < limit, "Chromium did not start"
            await asyncio.sleep(0.1)
        self._session = aiohttp.ClientSession()
        port = file.read_text().splitlines()[0]
        async with self._session.get(f"http://127.0.0.1:{port}/json/list") as response:
            page = next(p for p in await response.json() if p["type"] == "page")
        self._ws = await self._session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        await self._ws.close()
        await self._session.close()
        self._processo.terminate()
        await asyncio.wait_for(self._processo.wait(), 20)

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One CDP command and its answer; events in between are passed over."""
        number = next(self._numbers)
        await self._ws.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(self._patience):
            while True:
                said = json.loads((await self._ws.receive()).data)
                if said.get("id") == number:
                    assert "error" not in said, said
                    return dict(said["result"])

    async def cookie(self, url: str, name: str, value: str) -> None:
        await self.ask("Network.setCookie", url=url, name=name, value=value, httpOnly=True, sameSite="Lax")

    async def go_to(self, url: str) -> None:
        await self.ask("Page.navigate", url=url)

    async def read(self, expression: str) -> Any:
        """Value of a JavaScript expression on the page."""
        response = await self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in response, response
        return response["result"].get("value")

    async def wait(self, expression: str, seconds: float = 60) -> Any:
        """Until an expression is true."""
        limit = time.monotonic() + seconds
        # A page that is still loading has not everything that the expression names.
        while not (value := await self.read(f"(() => {{ try {{ return {expression} }} catch {{ return false }} }})()")):
            assert time.monotonic() < limit, f"{expression}: {await self.read('document.body?.innerText')}"
            await asyncio.sleep(0.1)
        return value

    async def fill_in(self, **fields: str) -> None:
        """As typing does: value and events."""
        for name, value in fields.items():
            e = f"document.getElementById({json.dumps(name)})"
            await self.read(f"{e}.value = {json.dumps(value)}; {e}.dispatchEvent(new Event('change', {{bubbles: true}}))")

    async def click(self, name: str) -> None:
        await self.read(f"document.getElementById({json.dumps(name)}).click()")
