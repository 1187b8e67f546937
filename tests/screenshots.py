"""``make screenshots``: pictures of the UI for ``docs/imagens``, from the stack that ``make up`` started. Everybody in them is invented.

``python -m tests.screenshots NAME...`` takes only these.

It needs Chromium (``bash .ci/navegador``) and a run of ``mv``; pictures of a hub that has been at work for some minutes show more.
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
from tests.integration.browser import CHROMIUM, Browser

FOLDER = ROOT / "docs" / "imagens"
WIDTH, HEIGHT, SCALE = 1600, 960, 0.75
SIZE_MAX = 150_000
"""Bytes of a picture: a clone carries every version of it."""
PATIENCE = 120.0
"""Seconds for a page or an answer: stack, browser and simulator share the machine."""
SETTLE = 3.0
"""Seconds for what moves into its place after everything is there: graphs, dialogs."""
# Airflow keeps a person's choices in the browser: English as the guides quote it, light, DAGs as a table, the graph beside a DAG's pages.
CHOICES = {"i18nextLng": "en", "theme": "light", "dags_list_display": '"table"', "default_dag_view": '"graph"'}

Steps = Callable[[Browser], Awaitable[Any]]


def has_text(*texts: str) -> str:
    """JavaScript: whether the page shows all these texts."""
    return " && ".join(f"document.body.innerText.includes({json.dumps(text)})" for text in texts)


async def press(page: Browser, selector: str) -> None:
    """Click the first element that fits, once it is there."""
    await page.wait(f"!!document.querySelector({json.dumps(selector)})", PATIENCE)
    await page.read(f"document.querySelector({json.dumps(selector)}).click()")


async def graph(page: Browser) -> None:
    """The graph with all groups open, over the whole width."""
    await page.wait("document.querySelectorAll('.react-flow__node').length >= 3", PATIENCE)
    await press(page, "[data-testid=expand-all-button]")
    await press(page, "[aria-label='Collapse Details Panel']")
    await page.wait("document.querySelectorAll('.react-flow__node').length >= 9", PATIENCE)
    await asyncio.sleep(SETTLE)
    await press(page, "[aria-label='Fit View']")


async def form(page: Browser) -> None:
    await press(page, "[data-testid=trigger-dag-button]")
    await page.wait(has_text("Atendimento", "Simular"), PATIENCE)
    last = "[...document.querySelectorAll('[role=dialog] *')].filter(e => e.textContent.startsWith('Simular')).pop()"
    await page.read(f"{last}.scrollIntoView({{block: 'end'}})")


def pictures(run: str) -> dict[str, tuple[str, str, Steps | None]]:
    """File name → address, what must be seen there, and what is done before the picture. ``run``: id of a run of ``mv``."""
    return {
        "dags": ("/dags?limit=25", has_text("Consulfarma", "Tasy", "TrackCare"), None),
        "etapas": (f"/dags/mv/runs/{quote(run)}", has_text("Acompanhamento"), graph),
        "formulario": ("/dags/mv", has_text("MV"), form),
        "fhir": ("/api/v1/fhir/page", "document.body.dataset.tenant", None),
    }


def a_run(state: StackState) -> str:
    """Id of the run of ``mv`` in which most steps had work."""
    runs = ask(state, "GET", "/api/v2/dags/mv/dagRuns?order_by=-start_date&limit=20")["dag_runs"]
    if not runs:
        raise SystemExit("mv has not run yet: wait a minute")
    return str(max((run["dag_run_id"] for run in runs), key=lambda run: _steps_with_work(state, run)))


def _steps_with_work(state: StackState, run: str) -> int:
    tasks = ask(state, "GET", f"/api/v2/dags/mv/dagRuns/{quote(run)}/taskInstances")["task_instances"]
    return sum(task["state"] in ("success", "running") for task in tasks)


async def take(state: StackState, folder: Path, wanted: list[str]) -> None:
    """Take the pictures of these names, or all."""
    token = ask(state, "POST", "/auth/token", {"username": UI_USER, "password": state.secrets["senha_ui"]})["access_token"]
    run = a_run(state)
    async with Browser(folder, PATIENCE) as page:
        await page.cookie(state.url_ui, "_token", token)
        await page.ask("Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT, deviceScaleFactor=SCALE, mobile=False)
        choices = "".join(f"localStorage.setItem({json.dumps(name)}, {json.dumps(value)});" for name, value in CHOICES.items())
        await page.ask("Page.enable")
        await page.ask("Page.addScriptToEvaluateOnNewDocument", source=choices)
        for name, (path, seen, before) in pictures(run).items():
            if wanted and name not in wanted:
                continue
            await page.go_to(f"{state.url_ui}{path}")
            await page.wait(seen, PATIENCE)
            if before is not None:
                await before(page)
            await asyncio.sleep(SETTLE)
            png = base64.b64decode((await page.ask("Page.captureScreenshot", format="png"))["data"])
            if len(png) > SIZE_MAX:
                raise SystemExit(f"{name}.png has {len(png)} bytes, more than {SIZE_MAX}: show less")
            (FOLDER / f"{name}.png").write_bytes(png)
            print(f"docs/imagens/{name}.png: {len(png)} bytes", flush=True)


def main(wanted: list[str]) -> int:
    state = StackState(ROOT / ".sandbox")
    if CHROMIUM is None:
        print("no Chromium on this machine: bash .ci/navegador", file=sys.stderr)
        return 1
    if not state.processos or not state.in_use():
        print("nothing is running: make up", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as folder:
        asyncio.run(take(state, Path(folder), wanted))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
