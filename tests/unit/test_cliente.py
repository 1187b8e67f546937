"""What the Fusion client makes of every kind of answer, over real HTTP."""

import asyncio
import time
from datetime import UTC, datetime

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from include.fusion.errors import FusionError, FusionIndisponivel, FusionNaoAutorizado
from include.fusion.http.auth import OAuth2Client
from include.fusion.http.fusion import ApiFusion, ClienteFusion
from include.fusion.http.message import espera_pedida

NOME = "Maria das Dores"


def enviar(api: ApiFusion, vezes: int = 1, rota: str = "/x"):
    async def tudo():
        async with ClienteFusion(api, 4) as cliente:
            return [await cliente.enviar("POST", rota, b"{}", chave="k1") for _ in range(vezes)]

    return asyncio.run(tudo())


def api(servidor: HTTPServer, **opcoes) -> ApiFusion:
    return ApiFusion(url=servidor.url_for("").rstrip("/"), **opcoes)


@pytest.mark.parametrize(
    ("status", "erro"),
    [(400, FusionError), (404, FusionError), (422, FusionError), (302, FusionError)]
    + [(s, FusionIndisponivel) for s in (408, 425, 429, 500, 502, 503, 504)]
    + [(401, FusionNaoAutorizado), (403, FusionNaoAutorizado)],
)
def test_each_status_has_its_exception_and_none_carries_the_body(httpserver, status, erro):
    httpserver.expect_request("/x").respond_with_json({"campo": "paciente.nome", "detail": NOME}, status=status)
    with pytest.raises(erro) as visto:
        enviar(api(httpserver))
    assert visto.value.status == status
    assert NOME not in str(visto.value)


def test_refusal_names_the_field_but_never_something_that_is_no_path(httpserver):
    httpserver.expect_oneshot_request("/x").respond_with_json({"campo": "paciente.cpf"}, status=422)
    with pytest.raises(FusionError, match=r"paciente\.cpf"):
        enviar(api(httpserver))
    httpserver.expect_oneshot_request("/x").respond_with_json({"campo": f"cpf de {NOME}"}, status=422)
    with pytest.raises(FusionError) as visto:
        enviar(api(httpserver))
    assert visto.value.campo is None


def test_retry_after_is_read_in_both_forms():
    agora = datetime(2026, 1, 1, tzinfo=UTC)
    assert espera_pedida("7") == 7
    assert espera_pedida("Thu, 01 Jan 2026 00:00:30 GMT", agora) == 30
    assert espera_pedida("Thu, 01 Jan 2026 00:00:00 GMT", datetime(2026, 1, 2, tzinfo=UTC)) == 0
    assert espera_pedida("logo") is None


def test_throttling_says_how_long_to_wait(httpserver):
    httpserver.expect_request("/x").respond_with_data(status=429, headers={"Retry-After": "3"})
    with pytest.raises(FusionIndisponivel) as visto:
        enviar(api(httpserver))
    assert visto.value.retry_after == 3


def test_nobody_listening_is_an_outage_without_status():
    with pytest.raises(FusionIndisponivel) as visto:
        enviar(ApiFusion(url="http://127.0.0.1:1"))
    assert visto.value.status == 0


def test_answer_that_is_no_json_is_an_outage_not_a_success(httpserver):
    httpserver.expect_request("/x").respond_with_data("<html>proxy</html>")
    with pytest.raises(FusionIndisponivel):
        enviar(api(httpserver))


def test_slow_answer_ends_at_the_time_limit(httpserver):
    httpserver.expect_request("/x").respond_with_handler(lambda _: time.sleep(2) or Response("{}"))
    with pytest.raises(FusionIndisponivel):
        enviar(api(httpserver, tempo_limite=0.3))


def test_idempotency_key_and_own_headers_travel(httpserver):
    httpserver.expect_request("/x", headers={"Idempotency-Key": "k1", "X-API-Key": "s"}).respond_with_json({"ok": 1})
    assert enviar(api(httpserver, cabecalhos={"X-API-Key": "s"})) == [{"ok": 1}]


def test_token_is_fetched_once_and_renewed_after_a_401(httpserver):
    pedidos = []

    def token(_):
        pedidos.append(1)
        return Response(f'{{"access_token": "t{len(pedidos)}", "expires_in": 300}}', content_type="application/json")

    httpserver.expect_request("/token").respond_with_handler(token)
    httpserver.expect_request("/x", headers={"Authorization": "Bearer t1"}).respond_with_data(status=401)
    httpserver.expect_request("/x", headers={"Authorization": "Bearer t2"}).respond_with_json({"ok": 1})
    enviar(api(httpserver, oauth2=OAuth2Client("c", "s", token_url=httpserver.url_for("/token"))), vezes=3)
    assert len(pedidos) == 2


def test_many_requests_refused_at_once_share_one_renewal(httpserver):
    def token(_):
        numero = sum(pedido.path == "/token" for pedido, _ in httpserver.log) + 1
        return Response(f'{{"access_token": "t{numero}", "expires_in": 300}}', content_type="application/json")

    def responder(pedido):
        time.sleep(0.05)
        return Response("{}", status=200 if pedido.headers["Authorization"] == "Bearer t2" else 401)

    httpserver.expect_request("/token").respond_with_handler(token)
    httpserver.expect_request("/x").respond_with_handler(responder)

    async def oito():
        acesso = api(httpserver, oauth2=OAuth2Client("c", "s", token_url=httpserver.url_for("/token")))
        async with ClienteFusion(acesso, 8) as cliente:
            await asyncio.gather(*(cliente.enviar("POST", "/x", b"{}") for _ in range(8)))

    asyncio.run(oito())
    assert sum(pedido.path == "/token" for pedido, _ in httpserver.log) == 2


def test_secrets_follow_no_redirect_of_the_token_endpoint(httpserver):
    httpserver.expect_request("/token").respond_with_data(status=307, headers={"Location": httpserver.url_for("/outro")})
    with pytest.raises(FusionNaoAutorizado):
        enviar(api(httpserver, oauth2=OAuth2Client("c", "s", token_url=httpserver.url_for("/token"))))
    assert [pedido.path for pedido, _ in httpserver.log] == ["/token"]


@pytest.mark.parametrize("status", [200, 422])
def test_an_answer_beyond_all_measure_is_no_answer(httpserver, monkeypatch, status):
    monkeypatch.setattr("include.fusion.http.client.CORPO_MAX", 100)
    httpserver.expect_request("/x").respond_with_json({"a": "x" * 200}, status=status)
    with pytest.raises(FusionIndisponivel):
        enviar(api(httpserver))


def test_wrong_client_secret_is_a_matter_of_credentials(httpserver):
    httpserver.expect_request("/token").respond_with_data(status=401)
    with pytest.raises(FusionNaoAutorizado):
        enviar(api(httpserver, oauth2=OAuth2Client("c", "s", token_url=httpserver.url_for("/token"))))


def test_secrets_stay_out_of_repr():
    assert "segredo" not in repr(ApiFusion(url="http://x", cabecalhos={"Authorization": "segredo"}, oauth2=OAuth2Client("c", "segredo")))
