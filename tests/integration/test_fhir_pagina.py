"""The configuration page in a real browser, logged in as Airflow's own UI logs in: by its cookie."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.airflow_apoio import _ABRIR
from tests.integration.fhir_api_apoio import API, sql
from tests.integration.navegador import CHROMIUM, Navegador
from tests.integration.test_fhir_operacao import recusada_na_busca

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
AVISO = "document.getElementById('aviso').textContent"


def navegar(mundo: Any, pasta: Path, quem: str, passos: Callable[[Navegador], Awaitable[None]]) -> None:
    async def tudo() -> None:
        raiz = f"http://127.0.0.1:{mundo.airflow.porta}"
        token = mundo.pedir("POST", "/auth/token", {"username": quem, "password": "senha-de-teste"})[1]["access_token"]
        async with Navegador(pasta) as n:
            await n.cookie(raiz, "_token", token)
            await n.ir(f"{raiz}{API}/page")
            await passos(n)

    asyncio.run(tudo())


def test_an_administrator_tests_and_stores_a_configuration(mundo: Any, tmp_path: Path) -> None:
    async def passos(n: Navegador) -> None:
        await n.esperar("document.body.dataset.tenant")
        await n.preencher(tenant=mundo.b)
        await n.esperar(f"document.body.dataset.tenant === '{mundo.b}'")
        await n.preencher(baseUrl=mundo.fhir.url, authType="basic", username="usuario", password="senha-errada", maxRetries="1")
        await n.clicar("testar")
        await n.esperar(f"{AVISO}.startsWith('Conexão falhou')")
        await n.preencher(password=mundo.fhir.segredo)
        await n.clicar("testar")
        await n.esperar(f"{AVISO}.startsWith('Conexão certa')")
        await n.clicar("gravar")
        await n.esperar(f"{AVISO} === 'Configuração gravada.'")
        # What is stored never comes back: an empty field that says so.
        assert await n.ler("[password.value, password.placeholder].join('|')") == "|gravado; vazio mantém"
        assert mundo.fhir.segredo not in await n.ler("document.documentElement.outerHTML")
        await n.preencher(maxRetries="4")
        await n.ler("document.getElementById('aviso').textContent = ''")
        await n.clicar("gravar")
        await n.esperar(f"{AVISO} === 'Configuração gravada.'")
        await n.clicar("testar")
        await n.esperar(f"{AVISO}.startsWith('Conexão certa')")  # The secret was kept.

    navegar(mundo, tmp_path, "chefe", passos)
    linha = sql(mundo, "select auth_type, max_retries, auth_config::text from fhir_integration_configs where tenant_id = %s", mundo.b)[0]
    assert linha[:2] == ("basic", 4) and mundo.fhir.segredo not in linha[2]


def test_a_wrong_field_is_marked_and_nothing_is_stored(mundo: Any, config: dict[str, Any], tmp_path: Path) -> None:
    antes = sql(mundo, "select count(*) from fhir_config_audit")

    async def passos(n: Navegador) -> None:
        await n.esperar("document.body.dataset.tenant")
        await n.preencher(tenant=mundo.a)
        await n.esperar(f"document.body.dataset.tenant === '{mundo.a}' && baseUrl.value === '{mundo.fhir.url}'")
        # Another server gets no stored secret: it has to be entered again.
        await n.preencher(baseUrl="http://fhir.example.com/fhir", clientSecret="novo-segredo")
        await n.clicar("gravar")
        await n.esperar("document.querySelector('.campo-errado')?.id === 'baseUrl'")
        assert "use https" in await n.ler(AVISO)

    navegar(mundo, tmp_path, "chefe", passos)
    assert sql(mundo, "select count(*) from fhir_config_audit") == antes


def test_another_address_of_a_linked_tenants_server_is_asked_about(mundo: Any, config: dict[str, Any], tmp_path: Path) -> None:
    sql(mundo, 'update patients set "ehrPatientId" = \'x\' where "tenantId" = %s', mundo.a)
    outro = mundo.fhir.url.replace("127.0.0.1", "localhost")

    async def passos(n: Navegador) -> None:
        await n.esperar("document.body.dataset.tenant")
        await n.preencher(tenant=mundo.a)
        await n.esperar(f"document.body.dataset.tenant === '{mundo.a}' && baseUrl.value === '{mundo.fhir.url}'")
        await n.preencher(baseUrl=outro, clientSecret=mundo.fhir.segredo)
        for resposta, aviso in (("false", "vinculados"), ("true", "gravada")):
            await n.ler(f"window.confirm = () => {resposta}")
            await n.clicar("gravar")
            await n.esperar(f"{AVISO}.includes('{aviso}')")

    navegar(mundo, tmp_path, "chefe", passos)
    assert sql(mundo, "select base_url from fhir_integration_configs where tenant_id = %s", mundo.a) == [(outro,)]
    sql(mundo, 'update patients set "ehrPatientId" = null where "tenantId" = %s', mundo.a)


def test_what_a_pull_refused_is_shown_and_can_be_fetched_again(mundo: Any, config: dict[str, Any], tmp_path: Path) -> None:
    chave = recusada_na_busca(mundo, mundo.a)

    async def passos(n: Navegador) -> None:
        await n.esperar("document.body.dataset.tenant")
        await n.preencher(tenant=mundo.a)
        await n.esperar(f"document.body.dataset.tenant === '{mundo.a}'")
        assert f"busca\t{chave}\tObservation: valor" in await n.ler("document.getElementById('mortas').innerText")
        await n.clicar("reenviar")
        await n.esperar(f"{AVISO}.startsWith('Reenvio iniciado') && !mortas.innerText.includes('{chave}')")
        await n.clicar("reenviar")
        await n.esperar(f"{AVISO} === 'Nada a reenviar.'")

    navegar(mundo, tmp_path, "chefe", passos)


def test_nobody_else_sees_the_page(mundo: Any, tmp_path: Path) -> None:
    async def passos(n: Navegador) -> None:
        await n.esperar("document.body.innerText.includes('só administradores')")

    navegar(mundo, tmp_path, "op", passos)


def test_airflows_menu_has_it_and_the_page_loads_nothing_from_elsewhere(mundo: Any) -> None:
    vistas = [v for p in mundo.pedir("GET", "/api/v2/plugins", quem="chefe")[1]["plugins"] for v in p["external_views"]]
    assert [v["href"] for v in vistas if v["name"] == "FHIR"] == [f"{API}/page"]
    token = mundo.pedir("POST", "/auth/token", {"username": "chefe", "password": "senha-de-teste"})[1]["access_token"]
    pedido = urllib.request.Request(f"http://127.0.0.1:{mundo.airflow.porta}{API}/page", headers={"Authorization": f"Bearer {token}"})
    with _ABRIR(pedido, timeout=30) as resposta:
        assert "default-src 'none'" in resposta.headers["Content-Security-Policy"]
        assert "http" not in resposta.read().decode().replace("https://fhir.exemplo.com", "").replace(" http-equiv", "")


def test_the_page_works_inside_airflows_own_ui(mundo: Any, config: dict[str, Any], tmp_path: Path) -> None:
    async def passos(n: Navegador) -> None:
        await n.ir(f"http://127.0.0.1:{mundo.airflow.porta}/plugin/fhir")
        dentro = "document.querySelector('iframe').contentDocument"
        await n.esperar(f"{dentro}.body.dataset.tenant", 40)
        assert await n.ler(f"{dentro}.querySelectorAll('#tenant option').length") == 3

    navegar(mundo, tmp_path, "chefe", passos)
