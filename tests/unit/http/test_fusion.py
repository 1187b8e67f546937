"""What the Fusion client makes of every kind of answer, over real HTTP."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from include.fusion.errors import FusionError, FusionUnauthorized, FusionUnavailable
from include.fusion.http.auth import OAuth2Client
from include.fusion.http.fusion import FusionApi, FusionClient
from include.fusion.http.message import requested_wait
from tests.silent import silent_server

NAME = "Maria das Dores"


def send(api: FusionApi, times_seen: int = 1, path: str = "/x") -> list[dict[str, Any]]:
    async def everything() -> list[dict[str, Any]]:
        async with FusionClient(api, 4) as client:
            return [await client.send("POST", path, b"{}", key="k1") for _ in range(times_seen)]

    return asyncio.run(everything())


def api(server: HTTPServer, **options: Any) -> FusionApi:
    return FusionApi(url=server.url_for("").rstrip("/"), **options)


@pytest.mark.parametrize(
    ("status", "erro"),
    [(400, FusionError), (404, FusionError), (422, FusionError), (302, FusionError)]
    + [(s, FusionUnavailable) for s in (408, 425, 429, 500, 502, 503, 504)]
    + [(401, FusionUnauthorized), (403, FusionUnauthorized)],
)
def test_each_status_has_its_exception_and_none_carries_the_body(httpserver: HTTPServer, status: int, erro: type[FusionError]) -> None:
    httpserver.expect_request("/x").respond_with_json({"campo": "paciente.nome", "detail": NAME}, status=status)
    with pytest.raises(erro) as seen:
        send(api(httpserver))
    assert seen.value.status == status
    assert NAME not in str(seen.value)


def test_refusal_names_the_field_but_never_something_that_is_no_path(httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request("/x").respond_with_json({"campo": "paciente.cpf"}, status=422)
    with pytest.raises(FusionError, match=r"paciente\.cpf"):
        send(api(httpserver))
    httpserver.expect_oneshot_request("/x").respond_with_json({"campo": f"cpf de {NAME}"}, status=422)
    with pytest.raises(FusionError) as seen:
        send(api(httpserver))
    assert seen.value.field is None


def test_retry_after_is_read_in_both_forms() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert requested_wait("7") == 7
    assert requested_wait("Thu, 01 Jan 2026 00:00:30 GMT", now) == 30
    assert requested_wait("Thu, 01 Jan 2026 00:00:00 GMT", datetime(2026, 1, 2, tzinfo=UTC)) == 0
    assert requested_wait("logo") is None


def test_throttling_says_how_long_to_wait(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x").respond_with_data(status=429, headers={"Retry-After": "3"})
    with pytest.raises(FusionUnavailable) as seen:
        send(api(httpserver))
    assert seen.value.retry_after == 3


def test_nobody_listening_is_an_outage_without_status() -> None:
    with pytest.raises(FusionUnavailable) as seen:
        send(FusionApi(url="http://127.0.0.1:1"))
    assert seen.value.status == 0


def test_answer_that_is_no_json_is_an_outage_not_a_success(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x").respond_with_data("<html>proxy</html>")
    with pytest.raises(FusionUnavailable):
        send(api(httpserver))


def test_slow_answer_ends_at_the_time_limit(httpserver: HTTPServer) -> None:
    def late(_: Request) -> Response:
        time.sleep(2)
        return Response("{}")

    httpserver.expect_request("/x").respond_with_handler(late)
    with pytest.raises(FusionUnavailable):
        send(api(httpserver, time_limit=0.3))


def test_idempotency_key_and_own_headers_travel(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x", headers={"Idempotency-Key": "k1", "X-API-Key": "s"}).respond_with_json({"aplicado": True})
    assert send(api(httpserver, headers={"X-API-Key": "s"})) == [{"aplicado": True}]


def test_token_is_fetched_once_and_renewed_after_a_401(httpserver: HTTPServer) -> None:
    requests = []

    def token(_: Request) -> Response:
        requests.append(1)
        return Response(f'{{"access_token": "t{len(requests)}", "expires_in": 300}}', content_type="application/json")

    httpserver.expect_request("/token").respond_with_handler(token)
    httpserver.expect_request("/x", headers={"Authorization": "Bearer t1"}).respond_with_data(status=401)
    httpserver.expect_request("/x", headers={"Authorization": "Bearer t2"}).respond_with_json({"aplicado": True})
    send(api(httpserver, oauth2=OAuth2Client("c", "s", token_url=httpserver.url_for("/token"))), times_seen=3)
    assert len(requests) == 2


def test_many_requests_refused_at_once_share_one_renewal(httpserver: HTTPServer) -> None:
    def token(_: Request) -> Response:
        number = sum(request.path == "/token" for request, _ in httpserver.log) + 1
        return Response(f'{{"access_token": "t{number}", "expires_in": 300}}', content_type="application/json")

    def respond(request: Request) -> Response:
        time.sleep(0.05)
        return Response("{}", status=200 if request.headers["Authorization"] == "Bearer t2" else 401)

    httpserver.expect_request("/token").respond_with_handler(token)
    httpserver.expect_request("/x").respond_with_handler(respond)

    async def oito() -> None:
        access = api(httpserver, oauth2=OAuth2Client("c", "s", token_url=httpserver.url_for("/token")))
        async with FusionClient(access, 8) as client:
            await asyncio.gather(*(client.send("POST", "/x", b"{}") for _ in range(8)))

    asyncio.run(oito())
    assert sum(request.path == "/token" for request, _ in httpserver.log) == 2


def test_secrets_follow_no_redirect_of_the_token_endpoint(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/token").respond_with_data(status=307, headers={"Location": httpserver.url_for("/outro")})
    with pytest.raises(FusionUnauthorized):
        send(api(httpserver, oauth2=OAuth2Client("c", "s", token_url=httpserver.url_for("/token"))))
    assert [request.path for request, _ in httpserver.log] == ["/token"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_records_and_credentials_follow_no_redirect(httpserver: HTTPServer, status: int) -> None:
    with HTTPServer() as elsewhere:
        elsewhere.expect_request("/x").respond_with_json({"aplicado": True})
        for target in (elsewhere, httpserver):
            location = {"Location": target.url_for("/x" if target is elsewhere else "/y")}
            httpserver.expect_oneshot_request("/x").respond_with_data(status=status, headers=location)
            with pytest.raises(FusionError) as seen:
                send(api(httpserver, headers={"Authorization": "Bearer t", "X-API-Key": "s"}))
            assert seen.value.status == status
        assert elsewhere.log == []
    assert [request.path for request, _ in httpserver.log] == ["/x", "/x"]


@pytest.mark.parametrize("status", [200, 422])
def test_an_answer_beyond_all_measure_is_no_answer(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setattr("include.fusion.http.client.BODY_MAX", 100)
    httpserver.expect_request("/x").respond_with_json({"a": "x" * 200}, status=status)
    with pytest.raises(FusionUnavailable):
        send(api(httpserver))


def test_wrong_client_secret_is_a_matter_of_credentials(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/token").respond_with_data(status=401)
    with pytest.raises(FusionUnauthorized):
        send(api(httpserver, oauth2=OAuth2Client("c", "s", token_url=httpserver.url_for("/token"))))


def test_secrets_stay_out_of_repr() -> None:
    assert "segredo" not in repr(FusionApi(url="http://x", headers={"Authorization": "segredo"}, oauth2=OAuth2Client("c", "segredo")))


def test_a_fusion_that_takes_the_connection_and_is_silent_is_unavailable() -> None:
    with silent_server() as server, pytest.raises(FusionUnavailable, match="sem resposta"):
        send(FusionApi(f"http://127.0.0.1:{server.port}", time_limit=0.2))
