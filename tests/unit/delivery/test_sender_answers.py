"""What becomes of a record by Fusion's answer, over real HTTP: tries in place, the wait before the next try, cancellations."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from include.fusion.delivery.sender import Outgoing, Sender
from include.fusion.delivery.work import DeliveryParameters
from include.fusion.http.fusion import FusionApi, FusionClient
from include.fusion.store.filas import FilaRow, Outcome

PATH, READ = "/api/Json/1/x", "/api/Atendimento/1/0"


def record(number: int = 1, tries: int = 0, **options: Any) -> Outgoing:
    """A record of a patient of its own, with ``tries`` behind it."""
    row = FilaRow(number, f"c{number}", f"p{number}", "alteracao", 5, tries, datetime.now(UTC))
    return Outgoing(row, **{"data": b"{}", "versao": "v", "chave": f"k{number}", "path": PATH, "harmless": READ, **options})


def deliver(server: HTTPServer, *outgoings: Outgoing, **limits: Any) -> list[Outcome]:
    """Outcomes of one batch. Fusion says that it is well, and lets itself be read."""
    server.expect_request("/saude").respond_with_json({})
    server.expect_request(READ).respond_with_json({})

    async def send() -> None:
        async with FusionClient(FusionApi(server.url_for("").rstrip("/")), 4) as client:
            await Sender(client, DeliveryParameters(**limits)).send(outgoings)

    asyncio.run(send())
    return [o.outcome for o in outgoings if o.outcome is not None]


def sent(server: HTTPServer) -> int:
    return sum(request.path == PATH for request, _ in server.log)


def test_a_short_failure_is_tried_again_in_place(httpserver: HTTPServer) -> None:
    def recover(_: Request) -> Response:
        return Response('{"aplicado": true}', status=503 if sent(httpserver) < 2 else 200, content_type="application/json")

    httpserver.expect_request(PATH).respond_with_handler(recover)
    (outcome,) = deliver(httpserver, record())
    assert (outcome.situacao, outcome.versao, sent(httpserver)) == ("concluido", "v", 3)


@pytest.mark.parametrize(("status", "times"), [(503, 3), (429, 3), (422, 1), (401, 1), (403, 1)])
def test_a_failure_that_lasts_is_tried_in_place_as_often_as_that_may_help(httpserver: HTTPServer, status: int, times: int) -> None:
    httpserver.expect_request(PATH).respond_with_data("{}", status=status, headers={"Retry-After": "0"})
    (outcome,) = deliver(httpserver, record())
    assert (outcome.situacao == "concluido", sent(httpserver)) == (False, times)


def test_the_wait_doubles_with_every_try_of_a_record_up_to_its_limit(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_data(status=503)
    outcomes = deliver(httpserver, *(record(n, n) for n in range(7)), espera_inicial=2, espera_max=50, tentativas_max=99)
    assert {outcome.situacao for outcome in outcomes} == {"adiado"}
    shares = [(outcome.espera or 0) / usual for outcome, usual in zip(outcomes, (2, 4, 8, 16, 32, 50, 50), strict=True)]
    assert all(0.8 <= share <= 1.2 for share in shares), shares
    # Records that failed together do not come back together.
    assert len(set(shares)) == len(shares)


def test_the_last_try_ends_in_erro(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_data(status=503)
    waiting, over = deliver(httpserver, record(1, 6), record(2, 7), tentativas_max=8)
    assert (waiting.situacao, over.situacao) == ("adiado", "erro")
    assert over.motivo is not None and over.motivo.endswith("após 8 tentativas")


def test_where_little_gets_through_no_try_counts_and_fusion_is_not_given_up(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_data(status=503)
    httpserver.expect_request("/good").respond_with_json({"aplicado": True})
    good, *bad = deliver(httpserver, record(0, path="/good"), *(record(n, 7) for n in range(1, 12)), tentativas_max=8, concorrencia=32)
    assert good.situacao == "concluido"
    assert {(o.situacao, (o.espera or 0) > 0) for o in bad} == {("devolvido", True)}


def test_records_that_fail_while_others_get_through_have_themselves_to_blame(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_data(status=503)
    httpserver.expect_request("/good").respond_with_json({"aplicado": True})
    *_, bad = deliver(httpserver, *(record(n, path="/good") for n in range(3)), record(9, 7), tentativas_max=8)
    assert (bad.situacao, bad.motivo) == ("erro", f"Fusion indisponível em {PATH}: HTTP 503 após 8 tentativas")


@pytest.mark.parametrize(("tries", "situacao"), [(1, "adiado"), (2, "erro")])
def test_a_forbidden_record_has_three_tries_where_fusion_lets_itself_be_read(httpserver: HTTPServer, tries: int, situacao: str) -> None:
    httpserver.expect_request(PATH).respond_with_data(status=403)
    assert deliver(httpserver, record(1, tries))[0].situacao == situacao


@pytest.mark.parametrize("read", [401, 403, 500])
def test_where_nothing_can_be_read_either_the_record_is_not_to_blame(httpserver: HTTPServer, read: int) -> None:
    httpserver.expect_request(READ).respond_with_data(status=read)
    httpserver.expect_request(PATH).respond_with_data(status=403)
    assert deliver(httpserver, record(1, 7), tentativas_max=8)[0].situacao == "devolvido"


UNKNOWN = {"type": "urn:fusion:registro-desconhecido"}


@pytest.mark.parametrize(
    ("method", "status", "answer", "situacao"),
    [
        ("DELETE", 200, {"aplicado": True}, "concluido"),
        ("DELETE", 404, UNKNOWN, "concluido"),
        ("DELETE", 410, UNKNOWN, "concluido"),
        ("DELETE", 404, {}, "adiado"),
        ("DELETE", 200, {}, "adiado"),
        ("DELETE", 409, {}, "erro"),
        ("POST", 404, UNKNOWN, "erro"),
        ("POST", 404, {}, "adiado"),
        ("POST", 200, {"bem-vindo": True}, "adiado"),
    ],
)
def test_only_fusions_own_words_make_a_record_sent_or_absent(
    httpserver: HTTPServer, method: str, status: int, answer: dict[str, Any], situacao: str
) -> None:
    httpserver.expect_request(PATH, method=method).respond_with_json(answer, status=status)
    outgoing = record(metodo=method, data=None if method == "DELETE" else b"{}")
    (outcome,) = deliver(httpserver, outgoing)
    assert (outcome.situacao, outcome.versao or None) == (situacao, "v" if situacao == "concluido" else None)
    assert outgoing.refused is (situacao == "erro")
