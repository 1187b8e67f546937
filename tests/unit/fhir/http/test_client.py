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

from include.fusion.fhir.config.model import FhirConfig
from include.fusion.fhir.config.secrets import Secrets
from include.fusion.fhir.http.client import FhirClient, by_identifier, id_from, version_of, waits
from include.fusion.fhir.http.errors import FhirConflict, FhirDuplicate, FhirError, FhirRefused, FhirUnauthorized, FhirUnavailable
from include.fusion.fhir.http.log import log_event
from include.fusion.fhir.http.tokens import TokenCache

NAME = "Maria das Dores"
OBS = {"resourceType": "Observation", "id": "9"}


def config(server: HTTPServer, **more: Any) -> FhirConfig:
    access = {"username": "u", "password": "p"}
    return FhirConfig.model_validate({"baseUrl": server.url_for("/fhir"), "authType": "basic", "authConfig": access, **more})


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def ask(httpserver: HTTPServer, tmp_path: Path, slept: list[float]) -> Any:
    """Runs ``task(client)``; waits are noted instead of slept."""

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    def run_task(task: Any, **more: Any) -> Any:
        async def everything() -> Any:
            settings = config(httpserver, **more)
            cache = TokenCache(Secrets([Fernet.generate_key().decode()]), tmp_path / "t")
            async with FhirClient("t1", settings, cache, sleep) as client:
                return await task(client)

        return asyncio.run(everything())

    return run_task


def read(client: FhirClient) -> Any:
    return client.read("Observation", "9")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [1, 2, 4]),
        ({"maxRetries": 4}, [1, 2, 4, 8]),
        ({"maxRetries": 7}, [1, 2, 4, 8, 16, 30, 30]),
        ({"maxRetries": 0}, []),
        ({"maxRetries": 3, "initialDelay": 100, "backoffMultiplier": 3}, [0.1, 0.3, 0.9]),
    ],
)
def test_the_waits_are_the_seeds(httpserver: HTTPServer, settings: dict[str, Any], expected: list[float]) -> None:
    assert list(waits(config(httpserver, **settings))) == pytest.approx(expected)


@pytest.mark.parametrize("status", [302, 307, 308])
def test_resources_and_credentials_follow_no_redirect(httpserver: HTTPServer, ask: Any, status: int) -> None:
    with HTTPServer() as elsewhere:
        elsewhere.expect_request("/fhir/Observation/9").respond_with_json(OBS)
        location = {"Location": elsewhere.url_for("/fhir/Observation/9")}
        httpserver.expect_request("/fhir/Observation/9").respond_with_data(status=status, headers=location)
        with pytest.raises(FhirError):
            ask(read, maxRetries=0)
        assert elsewhere.log == []


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_transient_answer_takes_one_plus_max_retries_attempts(httpserver: HTTPServer, ask: Any, slept: list[float], status: int) -> None:
    httpserver.expect_request("/fhir/Observation/9").respond_with_data(status=status)
    with pytest.raises(FhirUnavailable, match="4 tentativa"):
        ask(read)
    assert (len(httpserver.log), slept) == (4, [1, 2, 4])


@pytest.mark.parametrize(("status", "erro"), [(400, FhirRefused), (403, FhirRefused), (404, FhirRefused), (405, FhirRefused),
    (410, FhirRefused), (422, FhirRefused), (409, FhirConflict), (412, FhirConflict), (302, FhirRefused), (401, FhirUnauthorized)])  # fmt: skip
def test_any_other_answer_is_final_and_carries_no_body(httpserver: HTTPServer, ask: Any, status: int, erro: type[FhirError]) -> None:
    outcome = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "invalid", "diagnostics": NAME, "expression": [NAME]}],
    }
    httpserver.expect_request("/fhir/Observation/9").respond_with_json(outcome, status=status)
    with pytest.raises(erro) as seen:
        ask(read)
    assert len(httpserver.log) == 1 and NAME not in str(seen.value)


def test_a_refusal_names_issue_and_element(httpserver: HTTPServer, ask: Any) -> None:
    issue = {"severity": "error", "code": "code-invalid", "expression": ["Observation.component[1].code"]}
    httpserver.expect_request("/fhir/Observation/9").respond_with_json({"resourceType": "OperationOutcome", "issue": [issue]}, status=422)
    with pytest.raises(FhirRefused, match=r"HTTP 422 \(code-invalid\) em Observation\.component\[1\]\.code"):
        ask(read)


@pytest.mark.parametrize("codigo", ["throttled", "lock-error", "timeout"])
def test_a_4xx_that_calls_itself_transient_is_tried_again(httpserver: HTTPServer, ask: Any, codigo: str) -> None:
    body = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": codigo}]}
    httpserver.expect_oneshot_request("/fhir/Observation/9").respond_with_json(body, status=422)
    httpserver.expect_request("/fhir/Observation/9").respond_with_json(OBS)
    assert ask(read).id == "9"


def test_several_matches_of_a_conditional_create_are_told_apart_from_a_conflict(httpserver: HTTPServer, ask: Any) -> None:
    httpserver.expect_request("/fhir/Observation").respond_with_data(status=412)
    with pytest.raises(FhirDuplicate):
        ask(lambda c: c.create({"resourceType": "Observation"}, "identifier=a|b"))


@pytest.mark.parametrize("valor", ["7", "Thu, 01 Jan 2099 00:00:00 GMT"])
def test_retry_after_is_a_floor_and_one_beyond_reason_ends_it(httpserver: HTTPServer, ask: Any, slept: list[float], valor: str) -> None:
    httpserver.expect_oneshot_request("/fhir/Observation/9").respond_with_data(status=429, headers={"Retry-After": valor})
    httpserver.expect_request("/fhir/Observation/9").respond_with_json(OBS)
    if valor == "7":
        assert (ask(read).id, slept) == ("9", [7])
    else:
        with pytest.raises(FhirUnavailable):
            ask(read)


def test_nobody_listening_is_an_outage(ask: Any) -> None:
    with pytest.raises(FhirUnavailable, match="sem resposta"):
        ask(read, baseUrl="http://127.0.0.1:1/fhir", maxRetries=0)


def page(next_one: str | None, *ids: str) -> dict[str, Any]:
    link = [{"relation": "next", "url": next_one}] if next_one else []
    entries = [{"resource": {"resourceType": "Observation", "id": i}, "search": {"mode": "match"}} for i in ids]
    extra = {"resource": {"resourceType": "OperationOutcome"}, "search": {"mode": "outcome"}}
    return {"resourceType": "Bundle", "type": "searchset", "link": link, "entry": [*entries, extra]}


async def all_of_them(client: FhirClient) -> list[str]:
    return [r["id"] async for p in client.pages("Observation", [("patient", "1")]) for r in p]


@pytest.mark.parametrize("relative", [False, True])
def test_next_links_are_followed_as_they_are_written(httpserver: HTTPServer, ask: Any, relative: bool) -> None:
    next_one = "Observation?cursor=a%2Fb%3D" if relative else httpserver.url_for("/fhir/Observation") + "?cursor=a%2Fb%3D"
    httpserver.expect_request("/fhir/Observation", query_string="patient=1").respond_with_json(page(next_one, "1", "2"))
    httpserver.expect_request("/fhir/Observation", query_string="cursor=a%2Fb%3D").respond_with_json(page(None, "3"))
    assert ask(all_of_them) == ["1", "2", "3"]


@pytest.mark.parametrize(
    "url", ["https://outro.example.com/fhir/x", "http://127.0.0.1:1/fhir", "file:///etc/passwd", "//outro.example.com/x"]
)
def test_a_next_link_to_another_origin_is_refused(httpserver: HTTPServer, ask: Any, url: str) -> None:
    httpserver.expect_request("/fhir/Observation").respond_with_json(page(url, "1"))
    with pytest.raises(FhirRefused, match="security"):
        ask(all_of_them)


def test_pages_that_go_round_in_circles_end(httpserver: HTTPServer, ask: Any) -> None:
    httpserver.expect_request("/fhir/Observation").respond_with_json(page(httpserver.url_for("/fhir/Observation") + "?c=1", "1"))
    with pytest.raises(FhirRefused, match="too-long"):
        ask(all_of_them)


@pytest.mark.parametrize("crooked", [{"entry": [None]}, {"entry": [{"resource": {}, "search": ["x"]}]}, {"link": ["x"]}])
def test_a_page_out_of_shape_is_that_search_alone(httpserver: HTTPServer, ask: Any, crooked: dict[str, Any]) -> None:
    httpserver.expect_request("/fhir/Observation").respond_with_json({"resourceType": "Bundle", **crooked})
    with pytest.raises(FhirRefused, match="structure"):
        ask(all_of_them)


def test_a_server_without_versions_is_asked_to_match_none(httpserver: HTTPServer, ask: Any) -> None:
    httpserver.expect_request("/fhir/Observation/1", method="PUT").respond_with_json({"resourceType": "Observation", "id": "1"})
    ask(lambda client: client.update({"resourceType": "Observation", "id": "1"}, ""))
    assert "If-Match" not in httpserver.log[0][0].headers


@pytest.mark.parametrize(("refusals", "certo"), [(1, True), (2, False)])
def test_a_token_that_ends_while_a_202_is_followed_is_renewed_once(httpserver: HTTPServer, ask: Any, refusals: int, certo: bool) -> None:
    oauth = {"clientId": "c", "clientSecret": "s", "tokenUrl": httpserver.url_for("/token")}
    httpserver.expect_request("/token").respond_with_json({"access_token": "t", "token_type": "bearer", "expires_in": 600})
    httpserver.expect_request("/fhir/Observation", method="POST").respond_with_data(
        status=202, headers={"Content-Location": httpserver.url_for("/fhir/pronto")}
    )
    for _ in range(refusals):
        httpserver.expect_oneshot_request("/fhir/pronto").respond_with_data(status=401)
    httpserver.expect_request("/fhir/pronto").respond_with_json(OBS)

    def create() -> Any:
        return ask(lambda c: c.create({"resourceType": "Observation"}, "identifier=x|1"), authType="oauth2", authConfig=oauth)

    if certo:
        assert create().id == "9"
    else:
        with pytest.raises(FhirUnauthorized):
            create()
    assert sum(request.path == "/token" for request, _ in httpserver.log) == 2


@pytest.mark.parametrize("entries", [[], [None], ["x"], [{"response": "201"}], [{"resource": [], "response": {}}, {}], [{"resource": "x"}]])
def test_a_bundle_answer_of_another_length_or_out_of_shape_is_no_answer(httpserver: HTTPServer, ask: Any, entries: list[Any]) -> None:
    httpserver.expect_request("/fhir").respond_with_json({"resourceType": "Bundle", "entry": entries})
    with pytest.raises(FhirUnavailable):
        ask(lambda c: c.package({"resourceType": "Bundle", "entry": [{}]}))


def test_a_comma_in_an_identifier_is_no_second_one() -> None:
    assert by_identifier("urn:x", "a,b") == "identifier=urn:x|a%5C%2Cb"


def test_versions_and_ids_are_read_from_headers() -> None:
    assert [version_of(e) for e in ('W/"3"', '"4"', "5", None)] == ["3", "4", None, None]
    assert id_from("http://x/fhir/Observation/a-1/_history/2", "Observation") == id_from("Observation/a-1", "Observation") == "a-1"
    assert id_from("http://x/fhir/Patient/1", "Observation") is None


@pytest.mark.parametrize("shape", ["", "json"])
def test_a_log_line_has_its_fields_and_nothing_of_a_body(
    httpserver: HTTPServer, ask: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    monkeypatch.setenv("FUSION_FHIR_LOG", shape)
    httpserver.expect_request("/fhir/Observation/9").respond_with_json(OBS | {"note": [{"text": NAME}]})
    with caplog.at_level(logging.INFO, "fusion.fhir"):
        ask(read)
    [row] = [r.getMessage() for r in caplog.records if r.name == "fusion.fhir"]
    assert NAME not in row and "t1" in row and "Observation" in row
    if shape:
        assert set(json.loads(row)) == {"evento", "tenant", "tipo", "id", "status", "tentativa", "duracao_ms"}


def test_a_field_that_is_none_of_the_log_is_refused() -> None:
    with pytest.raises(ValueError, match="nome"):
        log_event("x", nome=NAME)
