"""What an Airflow connection says becomes a transport of HL7 messages that really works, or an error that names the connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fusion_airflow.hooks.hl7 import Hl7Hook
from include.fusion.errors import FusionUnavailable, InvalidConfiguration
from include.fusion.hl7.wire.ack import Hl7NoAnswer
from sandbox.fusion.servidor import FusionServer
from sandbox.mllp.servidor import MllpServer
from tests.databases import run_sql
from tests.integration.certificates import Authority
from tests.integration.hl7.helpers import BOA, com, send_good, stored
from tests.unit.hl7.samples import mixture, settings

pytest_plugins = ["tests.integration.hl7.fixtures"]


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Any:
    def write(**fields: Any) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_HL7_TESTE", json.dumps({"conn_type": "mllp", "host": "127.0.0.1", **fields}))

    return write


def dispatch(integracao_id: int | None = None) -> Any:
    return com(Hl7Hook("hl7_teste", integracao_id).transport(), send_good)


# --- HTTP --------------------------------------------------------------------------------------------------------------


def http(connection: Any, f: FusionServer, **extra: Any) -> None:
    connection(conn_type="http", schema="http", port=int(f.url.rpartition(":")[2]), password=f.token, extra=extra)


@pytest.mark.parametrize("extra", [{}, {"hl7_rota": "/api/HL7/"}])
def test_type_http_posts_to_the_controller_under_the_integrations_number(
    connection: Any, fusion: FusionServer, dsn_fusion: str, extra: dict[str, str]
) -> None:
    http(connection, fusion, **extra)
    assert dispatch(2).accepted
    assert run_sql(dsn_fusion, "select distinct integracao_id from mensagem_hl7") == [(2,)]


def test_the_controllers_path_is_the_connections(connection: Any, fusion: FusionServer) -> None:
    http(connection, fusion, hl7_rota="/api/Outra")
    with pytest.raises(FusionUnavailable, match="/api/Outra/2: HTTP 404"):
        dispatch(2)


def test_http_without_the_integrations_number_is_refused(connection: Any, fusion: FusionServer) -> None:
    http(connection, fusion)
    with pytest.raises(InvalidConfiguration, match=r"connection 'hl7_teste'.*integracao_id"):
        dispatch()


@pytest.mark.parametrize("timing", ["segredo", 0, "inf", None])
def test_an_http_time_that_is_no_number_is_named_without_its_value(connection: Any, fusion: FusionServer, timing: Any) -> None:
    http(connection, fusion, timeout=timing)
    with pytest.raises(InvalidConfiguration, match=r"connection 'hl7_teste': extra\.timeout") as error:
        dispatch(2)
    assert "segredo" not in str(error.value)


# --- MLLP --------------------------------------------------------------------------------------------------------------


def test_any_other_type_speaks_mllp(connection: Any, mllp: MllpServer, dsn: str) -> None:
    connection(port=mllp.port)
    assert dispatch().accepted and len(stored(dsn)) == 1


def test_the_window_is_how_many_messages_travel_without_an_answer(connection: Any, mllp: MllpServer, dsn: str) -> None:
    connection(port=mllp.port, extra={"window": 4})
    transport: Any = Hl7Hook("hl7_teste").transport()

    async def several(t: Any) -> int:
        for m in mixture(settings(), 0, 8):
            await t.send(m.body)
        return int(t._client._address.window)

    assert com(transport, several) == 4 and len(stored(dsn)) == 8


def test_the_time_for_an_answer_is_the_connections(connection: Any, mllp: MllpServer) -> None:
    mllp.falhas(parcela_muda=1)
    connection(port=mllp.port, extra={"timeout": "0.2"})
    with pytest.raises(Hl7NoAnswer, match="tempo limite"):
        dispatch()


@pytest.mark.parametrize("fields", [{}, {"port": 70000}, {"port": 2575, "host": ""}])
def test_mllp_without_host_or_port_is_refused(connection: Any, fields: dict[str, Any]) -> None:
    connection(**fields)
    with pytest.raises(InvalidConfiguration, match="connection 'hl7_teste': MLLP needs host and port"):
        dispatch()


@pytest.mark.parametrize(
    "extra",
    [{"timeout": "segredo"}, {"timeout": None}, {"timeout": -1}, {"connect_timeout": "nan"}, {"connect_timeout": "inf"}, {"window": "segredo"},
     {"window": 0}, {"tls": "/segredo.pem"}, {"tls": True, "client_cert": "/segredo.pem"}],
)  # fmt: skip
def test_a_setting_that_makes_no_sense_is_refused_without_its_value(connection: Any, extra: dict[str, Any]) -> None:
    connection(port=2575, extra=extra)
    with pytest.raises(InvalidConfiguration, match="connection 'hl7_teste'") as error:
        dispatch()
    assert "segredo" not in str(error.value) and error.value.__suppress_context__


# --- TLS ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def closed_at(dsn: str, ca: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MllpServer]:
    """A listener that speaks TLS with clients of the authority only."""
    ready = MllpServer(dsn, tmp_path_factory.mktemp("tls"), tls_cert=ca.sign("servidor"), tls_ca=ca.pem).start_run()
    yield ready
    ready.stop()


def test_a_bundle_and_a_client_certificate_open_a_closed_door(
    connection: Any, mllp: Any, closed_at: MllpServer, ca: Authority, dsn: str
) -> None:
    connection(port=closed_at.port, extra={"tls": str(ca.pem), "client_cert": str(ca.sign("hub"))})
    assert dispatch().accepted and stored(dsn) == [BOA.split(b"|")[9].decode()]


@pytest.mark.parametrize("client", ["nenhum", "de outra autoridade"])
def test_a_client_that_the_receiver_does_not_know_stays_outside(
    connection: Any, closed_at: MllpServer, ca: Authority, tmp_path: Path, client: str
) -> None:
    certificate = {} if client == "nenhum" else {"client_cert": str(Authority(tmp_path, "outra").sign("hub"))}
    connection(port=closed_at.port, extra={"tls": str(ca.pem), "timeout": 2, **certificate})
    with pytest.raises(Hl7NoAnswer):
        dispatch()


@pytest.mark.parametrize("tls", ["outra autoridade", True])
def test_a_receiver_whom_the_bundle_does_not_vouch_for_gets_nothing(
    connection: Any, mllp: Any, closed_at: MllpServer, ca: Authority, tmp_path: Path, dsn: str, tls: Any
) -> None:
    bundle = tls if tls is True else str(Authority(tmp_path, "outra").pem)
    connection(port=closed_at.port, extra={"tls": bundle, "client_cert": str(ca.sign("hub"))})
    with pytest.raises(Hl7NoAnswer, match="sem conexão"):
        dispatch()
    assert stored(dsn) == []


def test_plain_mllp_does_not_reach_a_tls_listener(connection: Any, closed_at: MllpServer) -> None:
    connection(port=closed_at.port, extra={"timeout": 2})
    with pytest.raises(Hl7NoAnswer):
        dispatch()
