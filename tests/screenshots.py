"""``make screenshots``: pictures of the UI for ``docs/imagens``, from the stack that ``make up`` started. Everybody in them is invented.

It needs Chromium (``bash .ci/navegador``) and a run of ``mv`` that has delivered something; pictures of a busy hub are better than of an idle one.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sandbox.stack.airflow_api import ask
from sandbox.stack.ambiente import UI_USER
from sandbox.stack.estado import ROOT, StackState
from tests.integration.navegador import CHROMIUM, Browser

FOLDER = ROOT / "docs" / "imagens"
WIDTH, HEIGHT = 1200, 720
SIZE_MAX = 150_000
"""Bytes of a picture: a clone carries every version of it."""
SETTLE = 3.0
"""Seconds for what moves into its place after everything is there: graphs, dialogs."""
# Airflow keeps a person's choices in the browser: English as the guides quote it, light, the graph beside a DAG's pages.
CHOICES = {"i18nextLng": "en", "theme": "light", "default_dag_view": "graph"}

Steps = Callable[[Browser], Awaitable[Any]]


def has_text(*texts: str) -> str:
    """JavaScript: whether the page shows all these texts."""
    return " && ".join(f"document.body.innerText.includes({json.dumps(text)})" for text in texts)


async def press(page: Browser, selector: str) -> None:
    """Click the first element that fits, once it is there."""
    await page.wait(f"document.querySelector({json.dumps(selector)})", 60)
    await page.read(f"document.querySelector({json.dumps(selector)}).click()")


async def form(page: Browser) -> None:
    await press(page, "[data-testid=trigger-dag-button]")
    await page.wait(has_text("Atendimento", "Simular"), 60)


def pictures(run: str) -> dict[str, tuple[str, str, Steps | None]]:
    """File name → address, what must be seen there, and what is done before the picture. ``run``: id of a run of ``mv``."""
    return {
        "dags": ("/dags?limit=25", has_text("Consulfarma", "Tasy", "TrackCare"), None),
        "etapas": (f"/dags/mv/runs/{quote(run)}", has_text("Acompanhamento", "Processamento"), None),
        "formulario": ("/dags/mv", has_text("MV"), form),
        "fhir": ("/plugin/fhir", "true", None),
    }


def a_run(state: StackState) -> str:
    """Id of a green run of ``mv`` in which no step was idle, if there is one; else of any green run."""
    runs = ask(state, "GET", "/api/v2/dags/mv/dagRuns?state=success&order_by=-start_date&limit=50")["dag_runs"]
    if not runs:
        raise SystemExit("mv has no green run yet: wait a minute")
    busy = [r["dag_run_id"] for r in runs if _work(state, r["dag_run_id"]) >= 6]
    return str((busy or [runs[0]["dag_run_id"]])[0])


def _work(state: StackState, run: str) -> int:
    tasks = ask(state, "GET", f"/api/v2/dags/mv/dagRuns/{quote(run)}/taskInstances")["task_instances"]
    return sum(task["state"] == "success" for task in tasks)


async def take(state: StackState, folder: Path) -> None:
    token = ask(state, "POST", "/auth/token", {"username": UI_USER, "password": state.secrets["senha_ui"]})["access_token"]
    run = a_run(state)
    async with Browser(folder) as page:
        await page.cookie(state.url_ui, "_token", token)
        await page.ask("Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT, deviceScaleFactor=1, mobile=False)
        choices = "".join(f"localStorage.setItem({json.dumps(name)}, {json.dumps(value)});" for name, value in CHOICES.items())
        await page.ask("Page.addScriptToEvaluateOnNewDocument", source=choices)
        for name, (path, seen, before) in pictures(run).items():
            await page.go_to(f"{state.url_ui}{path}")
            await page.wait(seen, 60)
            if before is not None:
                await before(page)
            await asyncio.sleep(SETTLE)
            png = base64.b64decode((await page.ask("Page.captureScreenshot", format="png"))["data"])
            if len(png) > SIZE_MAX:
                raise SystemExit(f"{name}.png has {len(png)} bytes, more than {SIZE_MAX}: show less")
            (FOLDER / f"{name}.png").write_bytes(png)
            print(f"docs/imagens/{name}.png: {len(png)} bytes", flush=True)


def main() -> int:
    state = StackState(ROOT / ".sandbox")
    if CHROMIUM is None:
        print("no Chromium on this machine: bash .ci/navegador", file=sys.stderr)
        return 1
    if not state.processos or not state.in_use():
        print("nothing is running: make up", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as folder:
        asyncio.run(take(state, Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
