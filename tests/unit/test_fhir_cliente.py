"""The FHIR client over real HTTP: the seed's schedule, paging, what an answer means, what is logged."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pytest_httpserver import HTTPServer

from include.fusion.fhir.config.model import Configuracao
from include.fusion.fhir.config.secrets import Cofre
from include.fusion.fhir.http.client import ClienteFhir, esperas, id_de, por_identificador, versao_de
from include.fusion.fhir.http.errors import FhirConflito, FhirDuplicado, FhirErro, FhirIndisponivel, FhirNaoAutorizado, FhirRecusado
from include.fusion.fhir.http.log import anotar
from include.fusion.fhir.http.tokens import CacheTokens

NOME = "Maria das Dores"
OBS = {"resourceType": "Observation", "id": "9"}


def config(servidor: HTTPServer, **mais: Any) -> Configuracao:
    acesso = {"username": "u", "password": "p"}
    return Configuracao.model_validate({"baseUrl": servidor.url_for("/fhir"), "authType": "basic", "authConfig": acesso, **mais})


@pytest.fixture
def dormidas() -> list[float]:
    return []


@pytest.fixture
def pedir(httpserver: HTTPServer, tmp_path: Path, dormidas: list[float]) -> Any:
    """Runs ``tarefa(client)``; waits are noted instead of slept."""

    async def dormir(segundos: float) -> None:
        dormidas.append(segundos)

    def rodar(tarefa: Any, **mais: Any) -> Any:
        async def tudo() -> Any:
            ajustes = config(httpserver, **mais)
            cache = CacheTokens(Cofre([Fernet.generate_key().decode()]), tmp_path / "t")
            async with ClienteFhir("t1", ajustes, cache, dormir) as cliente:
                return await tarefa(cliente)

        return asyncio.run(tudo())

    return rodar


def ler(cliente: ClienteFhir) -> Any:
    return cliente.ler("Observation", "9")


@pytest.mark.parametrize(
    ("ajustes", "esperado"),
    [
        ({}, [1, 2, 4]),
        ({"maxRetries": 4}, [1, 2, 4, 8]),
        ({"maxRetries": 7}, [1, 2, 4, 8, 16, 30, 30]),
        ({"maxRetries": 0}, []),
        ({"maxRetries": 3, "initialDelay": 100, "backoffMultiplier": 3}, [0.1, 0.3, 0.9]),
    ],
)
def test_the_waits_are_the_seeds(httpserver: HTTPServer, ajustes: dict[str, Any], esperado: list[float]) -> None:
    assert list(esperas(config(httpserver, **ajustes))) == pytest.approx(esperado)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_transient_answer_takes_one_plus_max_retries_attempts(
    httpserver: HTTPServer, pedir: Any, dormidas: list[float], status: int
) -> None:
    httpserver.expect_request("/fhir/Observation/9").respond_with_data(status=status)
    with pytest.raises(FhirIndisponivel, match="4 tentativa"):
        pedir(ler)
    assert (len(httpserver.log), dormidas) == (4, [1, 2, 4])


@pytest.mark.parametrize(("status", "erro"), [(400, FhirRecusado), (403, FhirRecusado), (404, FhirRecusado), (405, FhirRecusado),
    (410, FhirRecusado), (422, FhirRecusado), (409, FhirConflito), (412, FhirConflito), (302, FhirRecusado), (401, FhirNaoAutorizado)])  # fmt: skip
def test_any_other_answer_is_final_and_carries_no_body(httpserver: HTTPServer, pedir: Any, status: int, erro: type[FhirErro]) -> None:
    outcome = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "invalid", "diagnostics": NOME, "expression": [NOME]}],
    }
    httpserver.expect_request("/fhir/Observation/9").respond_with_json(outcome, status=status)
    with pytest.raises(erro) as visto:
        pedir(ler)
    assert len(httpserver.log) == 1 and NOME not in str(visto.value)


def test_a_refusal_names_issue_and_element(httpserver: HTTPServer, pedir: Any) -> None:
    issue = {"severity": "error", "code": "code-invalid", "expression": ["Observation.component[1].code"]}
    httpserver.expect_request("/fhir/Observation/9").respond_with_json({"resourceType": "OperationOutcome", "issue": [issue]}, status=422)
    with pytest.raises(FhirRecusado, match=r"HTTP 422 \(code-invalid\) em Observation\.component\[1\]\.code"):
        pedir(ler)


@pytest.mark.parametrize("codigo", ["throttled", "lock-error", "timeout"])
def test_a_4xx_that_calls_itself_transient_is_tried_again(httpserver: HTTPServer, pedir: Any, codigo: str) -> None:
    corpo = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": codigo}]}
    httpserver.expect_oneshot_request("/fhir/Observation/9").respond_with_json(corpo, status=422)
    httpserver.expect_request("/fhir/Observation/9").respond_with_json(OBS)
    assert pedir(ler).id == "9"


def test_several_matches_of_a_conditional_create_are_told_apart_from_a_conflict(httpserver: HTTPServer, pedir: Any) -> None:
    httpserver.expect_request("/fhir/Observation").respond_with_data(status=412)
    with pytest.raises(FhirDuplicado):
        pedir(lambda c: c.criar({"resourceType": "Observation"}, "identifier=a|b"))


@pytest.mark.parametrize("valor", ["7", "Thu, 01 Jan 2099 00:00:00 GMT"])
def test_retry_after_is_a_floor_and_one_beyond_reason_ends_it(
    httpserver: HTTPServer, pedir: Any, dormidas: list[float], valor: str
) -> None:
    httpserver.expect_oneshot_request("/fhir/Observation/9").respond_with_data(status=429, headers={"Retry-After": valor})
    httpserver.expect_request("/fhir/Observation/9").respond_with_json(OBS)
    if valor == "7":
        assert (pedir(ler).id, dormidas) == ("9", [7])
    else:
        with pytest.raises(FhirIndisponivel):
            pedir(ler)


def test_nobody_listening_is_an_outage(pedir: Any) -> None:
    with pytest.raises(FhirIndisponivel, match="sem resposta"):
        pedir(ler, baseUrl="http://127.0.0.1:1/fhir", maxRetries=0)


def pagina(proxima: str | None, *ids: str) -> dict[str, Any]:
    link = [{"relation": "next", "url": proxima}] if proxima else []
    entradas = [{"resource": {"resourceType": "Observation", "id": i}, "search": {"mode": "match"}} for i in ids]
    extra = {"resource": {"resourceType": "OperationOutcome"}, "search": {"mode": "outcome"}}
    return {"resourceType": "Bundle", "type": "searchset", "link": link, "entry": [*entradas, extra]}


async def todas(cliente: ClienteFhir) -> list[str]:
    return [r["id"] async for p in cliente.paginas("Observation", [("patient", "1")]) for r in p]


@pytest.mark.parametrize("relativa", [False, True])
def test_next_links_are_followed_as_they_are_written(httpserver: HTTPServer, pedir: Any, relativa: bool) -> None:
    proxima = "Observation?cursor=a%2Fb%3D" if relativa else httpserver.url_for("/fhir/Observation") + "?cursor=a%2Fb%3D"
    httpserver.expect_request("/fhir/Observation", query_string="patient=1").respond_with_json(pagina(proxima, "1", "2"))
    httpserver.expect_request("/fhir/Observation", query_string="cursor=a%2Fb%3D").respond_with_json(pagina(None, "3"))
    assert pedir(todas) == ["1", "2", "3"]


@pytest.mark.parametrize(
    "url", ["https://outro.example.com/fhir/x", "http://127.0.0.1:1/fhir", "file:///etc/passwd", "//outro.example.com/x"]
)
def test_a_next_link_to_another_origin_is_refused(httpserver: HTTPServer, pedir: Any, url: str) -> None:
    httpserver.expect_request("/fhir/Observation").respond_with_json(pagina(url, "1"))
    with pytest.raises(FhirRecusado, match="security"):
        pedir(todas)


def test_pages_that_go_round_in_circles_end(httpserver: HTTPServer, pedir: Any) -> None:
    httpserver.expect_request("/fhir/Observation").respond_with_json(pagina(httpserver.url_for("/fhir/Observation") + "?c=1", "1"))
    with pytest.raises(FhirRecusado, match="too-long"):
        pedir(todas)


@pytest.mark.parametrize("torta", [{"entry": [None]}, {"entry": [{"resource": {}, "search": ["x"]}]}, {"link": ["x"]}])
def test_a_page_out_of_shape_is_that_search_alone(httpserver: HTTPServer, pedir: Any, torta: dict[str, Any]) -> None:
    httpserver.expect_request("/fhir/Observation").respond_with_json({"resourceType": "Bundle", **torta})
    with pytest.raises(FhirRecusado, match="structure"):
        pedir(todas)


def test_a_server_without_versions_is_asked_to_match_none(httpserver: HTTPServer, pedir: Any) -> None:
    httpserver.expect_request("/fhir/Observation/1", method="PUT").respond_with_json({"resourceType": "Observation", "id": "1"})
    pedir(lambda cliente: cliente.atualizar({"resourceType": "Observation", "id": "1"}, ""))
    assert "If-Match" not in httpserver.log[0][0].headers


@pytest.mark.parametrize(("recusas", "certo"), [(1, True), (2, False)])
def test_a_token_that_ends_while_a_202_is_followed_is_renewed_once(httpserver: HTTPServer, pedir: Any, recusas: int, certo: bool) -> None:
    oauth = {"clientId": "c", "clientSecret": "s", "tokenUrl": httpserver.url_for("/token")}
    httpserver.expect_request("/token").respond_with_json({"access_token": "t", "token_type": "bearer", "expires_in": 600})
    httpserver.expect_request("/fhir/Observation", method="POST").respond_with_data(
        status=202, headers={"Content-Location": httpserver.url_for("/fhir/pronto")}
    )
    for _ in range(recusas):
        httpserver.expect_oneshot_request("/fhir/pronto").respond_with_data(status=401)
    httpserver.expect_request("/fhir/pronto").respond_with_json(OBS)

    def criar() -> Any:
        return pedir(lambda c: c.criar({"resourceType": "Observation"}, "identifier=x|1"), authType="oauth2", authConfig=oauth)

    if certo:
        assert criar().id == "9"
    else:
        with pytest.raises(FhirNaoAutorizado):
            criar()
    assert sum(pedido.path == "/token" for pedido, _ in httpserver.log) == 2


@pytest.mark.parametrize(
    "entradas", [[], [None], ["x"], [{"response": "201"}], [{"resource": [], "response": {}}, {}], [{"resource": "x"}]]
)
def test_a_bundle_answer_of_another_length_or_out_of_shape_is_no_answer(httpserver: HTTPServer, pedir: Any, entradas: list[Any]) -> None:
    httpserver.expect_request("/fhir").respond_with_json({"resourceType": "Bundle", "entry": entradas})
    with pytest.raises(FhirIndisponivel):
        pedir(lambda c: c.pacote({"resourceType": "Bundle", "entry": [{}]}))


def test_a_comma_in_an_identifier_is_no_second_one() -> None:
    assert por_identificador("urn:x", "a,b") == "identifier=urn:x|a%5C%2Cb"


def test_versions_and_ids_are_read_from_headers() -> None:
    assert [versao_de(e) for e in ('W/"3"', '"4"', "5", None)] == ["3", "4", None, None]
    assert id_de("http://x/fhir/Observation/a-1/_history/2", "Observation") == id_de("Observation/a-1", "Observation") == "a-1"
    assert id_de("http://x/fhir/Patient/1", "Observation") is None


@pytest.mark.parametrize("formato", ["", "json"])
def test_a_log_line_has_its_fields_and_nothing_of_a_body(
    httpserver: HTTPServer, pedir: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, formato: str
) -> None:
    monkeypatch.setenv("FUSION_FHIR_LOG", formato)
    httpserver.expect_request("/fhir/Observation/9").respond_with_json(OBS | {"note": [{"text": NOME}]})
    with caplog.at_level(logging.INFO, "fusion.fhir"):
        pedir(ler)
    [linha] = [r.getMessage() for r in caplog.records if r.name == "fusion.fhir"]
    assert NOME not in linha and "t1" in linha and "Observation" in linha
    if formato:
        assert set(json.loads(linha)) == {"evento", "tenant", "tipo", "id", "status", "tentativa", "duracao_ms"}


def test_a_field_that_is_none_of_the_log_is_refused() -> None:
    with pytest.raises(ValueError, match="nome"):
        anotar("x", nome=NOME)
