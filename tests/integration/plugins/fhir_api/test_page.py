"""The configuration page in a real browser, logged in as Airflow's own UI logs in: by its cookie."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.airflow_server import _OPEN
from tests.integration.browser import CHROMIUM, Browser
from tests.integration.plugins.fhir_api.helpers import API, sql
from tests.integration.plugins.fhir_api.test_operations import refused_in_pull

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
WARNING = "document.getElementById('aviso').textContent"


def navigate(world: Any, folder: Path, who: str, steps: Callable[[Browser], Awaitable[None]]) -> None:
    async def everything() -> None:
        root = f"http://127.0.0.1:{world.airflow.port}"
        token = world.ask("POST", "/auth/token", {"username": who, "password": "senha-de-teste"})[1]["access_token"]
        async with Browser(folder) as n:
            await n.cookie(root, "_token", token)
            await n.go_to(f"{root}{API}/page")
            await steps(n)

    asyncio.run(everything())


def test_an_administrator_tests_and_stores_a_configuration(world: Any, tmp_path: Path) -> None:
    async def steps(n: Browser) -> None:
        await n.wait("document.body.dataset.tenant")
        await n.fill_in(tenant=world.b)
        await n.wait(f"document.body.dataset.tenant === '{world.b}'")
        await n.fill_in(baseUrl=world.fhir.url, authType="basic", username="usuario", password="senha-errada", maxRetries="1")
        await n.click("testar")
        await n.wait(f"{WARNING}.startsWith('Conexão falhou')")
        await n.fill_in(password=world.fhir.secret)
        await n.click("testar")
        await n.wait(f"{WARNING}.startsWith('Conexão certa')")
        await n.click("gravar")
        await n.wait(f"{WARNING} === 'Configuração gravada.'")
        # What is stored never comes back: an empty field that says so.
        assert await n.read("[password.value, password.placeholder].join('|')") == "|gravado; vazio mantém"
        assert world.fhir.secret not in await n.read("document.documentElement.outerHTML")
        await n.fill_in(maxRetries="4")
        await n.read("document.getElementById('aviso').textContent = ''")
        await n.click("gravar")
        await n.wait(f"{WARNING} === 'Configuração gravada.'")
        await n.click("testar")
        await n.wait(f"{WARNING}.startsWith('Conexão certa')")  # The secret was kept.

    navigate(world, tmp_path, "chefe", steps)
    row = sql(world, "select auth_type, max_retries, auth_config::text from fhir_integration_configs where tenant_id = %s", world.b)[0]
    assert row[:2] == ("basic", 4) and world.fhir.secret not in row[2]


def test_a_wrong_field_is_marked_and_nothing_is_stored(world: Any, config: dict[str, Any], tmp_path: Path) -> None:
    before = sql(world, "select count(*) from fhir_config_audit")

    async def steps(n: Browser) -> None:
        await n.wait("document.body.dataset.tenant")
        await n.fill_in(tenant=world.a)
        await n.wait(f"document.body.dataset.tenant === '{world.a}' && baseUrl.value === '{world.fhir.url}'")
        # Another server gets no stored secret: it has to be entered again.
        await n.fill_in(baseUrl="http://fhir.example.com/fhir", clientSecret="novo-segredo")
        await n.click("gravar")
        await n.wait("document.querySelector('.campo-errado')?.id === 'baseUrl'")
        assert "use https" in await n.read(WARNING)

    navigate(world, tmp_path, "chefe", steps)
    assert sql(world, "select count(*) from fhir_config_audit") == before


def test_another_address_of_a_linked_tenants_server_is_asked_about(world: Any, config: dict[str, Any], tmp_path: Path) -> None:
    sql(world, 'update patients set "ehrPatientId" = \'x\' where "tenantId" = %s', world.a)
    other = world.fhir.url.replace("127.0.0.1", "localhost")

    async def steps(n: Browser) -> None:
        await n.wait("document.body.dataset.tenant")
        await n.fill_in(tenant=world.a)
        await n.wait(f"document.body.dataset.tenant === '{world.a}' && baseUrl.value === '{world.fhir.url}'")
        await n.fill_in(baseUrl=other, clientSecret=world.fhir.secret)
        for response, warning in (("false", "vinculados"), ("true", "gravada")):
            await n.read(f"window.confirm = () => {response}")
            await n.click("gravar")
            await n.wait(f"{WARNING}.includes('{warning}')")

    navigate(world, tmp_path, "chefe", steps)
    assert sql(world, "select base_url from fhir_integration_configs where tenant_id = %s", world.a) == [(other,)]
    sql(world, 'update patients set "ehrPatientId" = null where "tenantId" = %s', world.a)


def test_what_a_pull_refused_is_shown_and_can_be_fetched_again(world: Any, config: dict[str, Any], tmp_path: Path) -> None:
    key = refused_in_pull(world, world.a)

    async def steps(n: Browser) -> None:
        await n.wait("document.body.dataset.tenant")
        await n.fill_in(tenant=world.a)
        await n.wait(f"document.body.dataset.tenant === '{world.a}'")
        assert f"busca\t{key}\tObservation: valor" in await n.read("document.getElementById('mortas').innerText")
        await n.click("reenviar")
        await n.wait(f"{WARNING}.startsWith('Reenvio iniciado') && !mortas.innerText.includes('{key}')")
        await n.click("reenviar")
        await n.wait(f"{WARNING} === 'Nada a reenviar.'")

    navigate(world, tmp_path, "chefe", steps)


def test_nobody_else_sees_the_page(world: Any, tmp_path: Path) -> None:
    async def steps(n: Browser) -> None:
        await n.wait("document.body.innerText.includes('só administradores')")

    navigate(world, tmp_path, "op", steps)


def test_airflows_menu_has_it_and_the_page_loads_nothing_from_elsewhere(world: Any) -> None:
    seen = [v for p in world.ask("GET", "/api/v2/plugins", who="chefe")[1]["plugins"] for v in p["external_views"]]
    assert [v["href"] for v in seen if v["name"] == "FHIR"] == [f"{API}/page"]
    token = world.ask("POST", "/auth/token", {"username": "chefe", "password": "senha-de-teste"})[1]["access_token"]
    request = urllib.request.Request(f"http://127.0.0.1:{world.airflow.port}{API}/page", headers={"Authorization": f"Bearer {token}"})
    with _OPEN(request, timeout=30) as response:
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "http" not in response.read().decode().replace("https://fhir.exemplo.com", "").replace(" http-equiv", "")


def test_the_page_works_inside_airflows_own_ui(world: Any, config: dict[str, Any], tmp_path: Path) -> None:
    async def steps(n: Browser) -> None:
        await n.go_to(f"http://127.0.0.1:{world.airflow.port}/plugin/fhir")
        dentro = "document.querySelector('iframe').contentDocument"
        await n.wait(f"{dentro}.body.dataset.tenant", 40)
        assert await n.read(f"{dentro}.querySelectorAll('#tenant option').length") == 3

    navigate(world, tmp_path, "chefe", steps)
