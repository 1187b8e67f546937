"""HL7 messages over real sockets: MLLP with every fault, TLS, and Fusion's HL7 controller over HTTP."""

from __future__ import annotations

import asyncio
import re
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from include.fusion.errors import FusionUnauthorized, FusionUnavailable
from include.fusion.hl7.wire.ack import Ack, Hl7NoAnswer, Hl7Refused, Hl7Rejected
from include.fusion.hl7.wire.mllp import MllpAddress
from include.fusion.hl7.wire.transport import HttpTransport, MllpTransport, Transport
from include.fusion.http.fusion import FusionApi, FusionClient
from sandbox.fusion.servidor import FusionServer
from sandbox.mllp.servidor import MllpServer
from tests.databases import run_sql
from tests.integration.hl7.helpers import BOA, Task, com, over_mllp, send_good, stored, until_accepted
from tests.unit.hl7.samples import all_of_them, mixture, settings

pytest_plugins = ["tests.integration.hl7.fixtures"]


# --- MLLP --------------------------------------------------------------------------------------------------------------


def test_a_message_is_stored_as_it_was_and_acknowledged(mllp: MllpServer, dsn: str) -> None:
    assert over_mllp(mllp, send_good).accepted
    ((body, remetente, paciente),) = run_sql(dsn, "select corpo, remetente, codigo_paciente from mensagem_hl7")
    assert (body.encode("latin-1"), remetente, paciente) == (BOA.removesuffix(b"\r"), "TRACKCARE", "77")


@pytest.mark.parametrize("window", [1, 8])
def test_many_messages_over_one_connection_arrive_once_each(mllp: MllpServer, dsn: str, window: int) -> None:
    messages = [m.body for m in mixture(settings(), 0, 60)]

    async def all_of_them(t: Transport) -> list[Ack]:
        return await asyncio.gather(*map(t.send, messages))

    assert all(a.accepted for a in over_mllp(mllp, all_of_them, window=window))
    assert len(stored(dsn)) == len(set(stored(dsn))) == 60


def test_the_connection_is_kept(mllp: MllpServer) -> None:
    async def two(t: Any) -> tuple[object, object]:
        await t.send(BOA)
        first = t._client._writer
        await t.send(BOA)
        return first, t._client._writer

    first, second_time = over_mllp(mllp, two)
    assert first is second_time is not None


@pytest.mark.parametrize("failure", ["parcela_partida", "parcela_lixo"])
def test_answers_in_pieces_or_with_noise_around_them_are_understood(mllp: MllpServer, failure: str) -> None:
    mllp.falhas(**{failure: 1})

    async def five(t: Transport) -> list[Ack]:
        return await asyncio.gather(*(t.send(BOA) for _ in range(5)))

    assert all(a.accepted for a in over_mllp(mllp, five, window=5))


@pytest.mark.parametrize(("failure", "kept"), [("parcela_corta_antes", 0), ("parcela_corta_depois", 1), ("parcela_msa_errado", 1)])
def test_a_lost_answer_leaves_the_fate_unknown_and_a_second_send_makes_no_duplicate(
    mllp: MllpServer, dsn: str, failure: str, kept: int
) -> None:
    mllp.falhas(**{failure: 1})
    with pytest.raises(Hl7NoAnswer):
        over_mllp(mllp, send_good)
    assert len(stored(dsn)) == kept
    mllp.falhas()
    assert over_mllp(mllp, send_good).accepted and len(stored(dsn)) == 1


def test_a_silent_receiver_is_left_in_time(mllp: MllpServer, dsn: str) -> None:
    mllp.falhas(parcela_muda=1)
    with pytest.raises(Hl7NoAnswer, match="tempo limite"):
        over_mllp(mllp, send_good, answer_timeout=0.2)
    assert len(stored(dsn)) == 1


def test_a_late_answer_is_not_taken_for_the_next_messages(mllp: MllpServer) -> None:
    async def outdated(t: Transport) -> Ack:
        mllp.falhas(atraso_ms=400)
        with pytest.raises(Hl7NoAnswer):
            await t.send(BOA)
        mllp.falhas()
        return await t.send(all_of_them(settings())["R01"].body)

    assert over_mllp(mllp, outdated, answer_timeout=0.25).accepted


def test_a_cancelled_send_does_not_shift_the_answers(mllp: MllpServer) -> None:
    async def interrupted(t: Transport) -> Ack:
        mllp.falhas(atraso_ms=300)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(t.send(BOA), 0.1)
        mllp.falhas()
        return await t.send(all_of_them(settings())["R01"].body)

    assert over_mllp(mllp, interrupted).accepted


@pytest.mark.parametrize(("failure", "erro"), [("parcela_ae", Hl7Refused), ("parcela_ar", Hl7Rejected)])
def test_what_the_receiver_says_becomes_the_records_outcome(mllp: MllpServer, dsn: str, failure: str, erro: type[Exception]) -> None:
    mllp.falhas(**{failure: 1})
    with pytest.raises(erro, match="102" if failure == "parcela_ae" else "207"):
        over_mllp(mllp, send_good).check()
    assert stored(dsn) == []


@pytest.mark.parametrize("window", [1, 6])
def test_under_every_fault_at_once_each_message_arrives_exactly_once(mllp: MllpServer, dsn: str, window: int) -> None:
    messages = list(mixture(settings(), 1000, 40))
    parts = dict.fromkeys(("corta_antes", "corta_depois", "ar", "msa_errado", "partida", "lixo"), 0.06)
    mllp.falhas(**{f"parcela_{name}": part for name, part in parts.items()}, semente=window)

    async def insist(t: Transport) -> None:
        await asyncio.gather(*(until_accepted(t, m.body) for m in messages))

    over_mllp(mllp, insist, window=window, answer_timeout=2.0)
    assert sorted(stored(dsn)) == sorted(m.controle for m in messages)


def test_a_listener_that_comes_back_is_found_again(mllp: MllpServer) -> None:
    async def with_cut(t: Transport) -> Ack:
        await t.send(BOA)
        await asyncio.to_thread(mllp.stop)
        with pytest.raises(Hl7NoAnswer):
            await t.send(BOA)
        await asyncio.to_thread(mllp.start_run)
        await t.health()
        return await t.send(BOA)

    assert over_mllp(mllp, with_cut).accepted


def test_nobody_listening_is_an_outage_not_the_records_fault(mllp: MllpServer) -> None:
    with pytest.raises(FusionUnavailable, match="sem conexão"):
        com(MllpTransport(MllpAddress("127.0.0.1", 1, connect_timeout=1.0)), send_good)


def test_tls_is_spoken_and_checked(dsn: str, tmp_path: Path) -> None:
    pem = tmp_path / "mllp.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "chave", "-out", tmp_path / "cert"], check=True, capture_output=True)  # fmt: skip
    pem.write_bytes((tmp_path / "chave").read_bytes() + (tmp_path / "cert").read_bytes())
    server = MllpServer(dsn, tmp_path, tls_cert=pem).start_run()
    try:
        assert over_mllp(server, send_good, tls=ssl.create_default_context(cafile=str(tmp_path / "cert"))).accepted
        with pytest.raises(Hl7NoAnswer):
            over_mllp(server, send_good, tls=ssl.create_default_context())
        with pytest.raises(Hl7NoAnswer):
            over_mllp(server, send_good, answer_timeout=1.0)
    finally:
        server.stop()


# --- HTTP --------------------------------------------------------------------------------------------------------------


def over_http(f: FusionServer, task: Task, token: str = "", path: str = "/api/HL7/2") -> Any:
    api = FusionApi(f.url, {"Authorization": f"Bearer {token or f.token}"}, time_limit=5)
    return com(HttpTransport(FusionClient(api, 4), path), task)


def test_http_takes_the_same_messages(fusion: FusionServer) -> None:
    assert over_http(fusion, send_good).accepted and over_http(fusion, send_good).accepted
    sem_numero = re.sub(rb"PID\|1\|\|[^|]*", b"PID|1||", BOA)
    with pytest.raises(Hl7Refused, match="101"):
        over_http(fusion, lambda t: t.send(sem_numero)).check()


def test_an_http_error_keeps_its_meaning(fusion: FusionServer) -> None:
    with pytest.raises(FusionUnauthorized):
        over_http(fusion, send_good, token="outro")
    with pytest.raises(FusionUnavailable, match="404"):
        over_http(fusion, send_good, path="/api/Nada")


@pytest.mark.parametrize("failure", [{"parcela_500": 1}, {"parcela_reset": 1}, {"parcela_meia_resposta": 1}])
def test_a_fault_on_the_way_is_worth_another_try(fusion: FusionServer, failure: dict[str, float]) -> None:
    fusion.falhas(**failure)
    try:
        with pytest.raises(FusionUnavailable):
            over_http(fusion, send_good)
    finally:
        fusion.clear_faults()
    assert over_http(fusion, send_good).accepted
