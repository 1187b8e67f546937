"""What an Airflow connection says becomes a transport of HL7 messages that really works, or an error that names the connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fusion_airflow.hooks.hl7 import Hl7Hook
from include.fusion.errors import ConfiguracaoInvalida, FusionError
from include.fusion.hl7.wire.ack import Hl7SemResposta
from sandbox.fusion.servidor import ServidorFusion
from sandbox.mllp.servidor import ServidorMllp
from tests.integration.certificados import Autoridade
from tests.integration.hl7_envio_apoio import BOA, com, enviar_boa, guardadas, sql
from tests.unit.hl7_apoio import ajustes, mistura

pytest_plugins = ["tests.integration.hl7_pecas"]


@pytest.fixture
def conexao(monkeypatch: pytest.MonkeyPatch) -> Any:
    def gravar(**campos: Any) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_HL7_TESTE", json.dumps({"conn_type": "mllp", "host": "127.0.0.1", **campos}))

    return gravar


def mandar(integracao_id: int | None = None) -> Any:
    return com(Hl7Hook("hl7_teste", integracao_id).transporte(), enviar_boa)


# --- HTTP --------------------------------------------------------------------------------------------------------------


def http(conexao: Any, f: ServidorFusion, **extra: Any) -> None:
    conexao(conn_type="http", schema="http", port=int(f.url.rpartition(":")[2]), password=f.token, extra=extra)


@pytest.mark.parametrize("extra", [{}, {"hl7_rota": "/api/HL7/"}])
def test_type_http_posts_to_the_controller_under_the_integrations_number(
    conexao: Any, fusion: ServidorFusion, dsn_fusion: str, extra: dict[str, str]
) -> None:
    http(conexao, fusion, **extra)
    assert mandar(2).aceita
    assert sql(dsn_fusion, "select distinct integracao_id from mensagem_hl7") == [(2,)]


def test_the_controllers_path_is_the_connections(conexao: Any, fusion: ServidorFusion) -> None:
    http(conexao, fusion, hl7_rota="/api/Outra")
    with pytest.raises(FusionError, match="/api/Outra/2: HTTP 404"):
        mandar(2)


def test_http_without_the_integrations_number_is_refused(conexao: Any, fusion: ServidorFusion) -> None:
    http(conexao, fusion)
    with pytest.raises(ConfiguracaoInvalida, match=r"connection 'hl7_teste'.*integracao_id"):
        mandar()


@pytest.mark.parametrize("tempo", ["segredo", 0, "inf", None])
def test_an_http_time_that_is_no_number_is_named_without_its_value(conexao: Any, fusion: ServidorFusion, tempo: Any) -> None:
    http(conexao, fusion, timeout=tempo)
    with pytest.raises(ConfiguracaoInvalida, match=r"connection 'hl7_teste': extra\.timeout") as erro:
        mandar(2)
    assert "segredo" not in str(erro.value)


# --- MLLP --------------------------------------------------------------------------------------------------------------


def test_any_other_type_speaks_mllp(conexao: Any, mllp: ServidorMllp, dsn: str) -> None:
    conexao(port=mllp.porta)
    assert mandar().aceita and len(guardadas(dsn)) == 1


def test_the_window_is_how_many_messages_travel_without_an_answer(conexao: Any, mllp: ServidorMllp, dsn: str) -> None:
    conexao(port=mllp.porta, extra={"window": 4})
    transporte: Any = Hl7Hook("hl7_teste").transporte()

    async def varias(t: Any) -> int:
        for m in mistura(ajustes(), 0, 8):
            await t.enviar(m.corpo)
        return int(t._cliente.endereco.janela)

    assert com(transporte, varias) == 4 and len(guardadas(dsn)) == 8


def test_the_time_for_an_answer_is_the_connections(conexao: Any, mllp: ServidorMllp) -> None:
    mllp.falhas(parcela_muda=1)
    conexao(port=mllp.porta, extra={"timeout": "0.2"})
    with pytest.raises(Hl7SemResposta, match="tempo limite"):
        mandar()


@pytest.mark.parametrize("campos", [{}, {"port": 70000}, {"port": 2575, "host": ""}])
def test_mllp_without_host_or_port_is_refused(conexao: Any, campos: dict[str, Any]) -> None:
    conexao(**campos)
    with pytest.raises(ConfiguracaoInvalida, match="connection 'hl7_teste': MLLP needs host and port"):
        mandar()


@pytest.mark.parametrize(
    "extra",
    [{"timeout": "segredo"}, {"timeout": None}, {"timeout": -1}, {"connect_timeout": "nan"}, {"connect_timeout": "inf"}, {"window": "segredo"},
     {"window": 0}, {"tls": "/segredo.pem"}, {"tls": True, "client_cert": "/segredo.pem"}],
)  # fmt: skip
def test_a_setting_that_makes_no_sense_is_refused_without_its_value(conexao: Any, extra: dict[str, Any]) -> None:
    conexao(port=2575, extra=extra)
    with pytest.raises(ConfiguracaoInvalida, match="connection 'hl7_teste'") as erro:
        mandar()
    assert "segredo" not in str(erro.value) and erro.value.__suppress_context__


# --- TLS ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Autoridade:
    return Autoridade(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def fechado(dsn: str, ca: Autoridade, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServidorMllp]:
    """A listener that speaks TLS with clients of the authority only."""
    pronto = ServidorMllp(dsn, tmp_path_factory.mktemp("tls"), tls_cert=ca.assinar("servidor"), tls_ca=ca.pem).iniciar()
    yield pronto
    pronto.parar()


def test_a_bundle_and_a_client_certificate_open_a_closed_door(
    conexao: Any, mllp: Any, fechado: ServidorMllp, ca: Autoridade, dsn: str
) -> None:
    conexao(port=fechado.porta, extra={"tls": str(ca.pem), "client_cert": str(ca.assinar("hub"))})
    assert mandar().aceita and guardadas(dsn) == [BOA.split(b"|")[9].decode()]


@pytest.mark.parametrize("cliente", ["nenhum", "de outra autoridade"])
def test_a_client_that_the_receiver_does_not_know_stays_outside(
    conexao: Any, fechado: ServidorMllp, ca: Autoridade, tmp_path: Path, cliente: str
) -> None:
    certificado = {} if cliente == "nenhum" else {"client_cert": str(Autoridade(tmp_path, "outra").assinar("hub"))}
    conexao(port=fechado.porta, extra={"tls": str(ca.pem), "timeout": 2, **certificado})
    with pytest.raises(Hl7SemResposta):
        mandar()


@pytest.mark.parametrize("tls", ["outra autoridade", True])
def test_a_receiver_whom_the_bundle_does_not_vouch_for_gets_nothing(
    conexao: Any, mllp: Any, fechado: ServidorMllp, ca: Autoridade, tmp_path: Path, dsn: str, tls: Any
) -> None:
    bundle = tls if tls is True else str(Autoridade(tmp_path, "outra").pem)
    conexao(port=fechado.porta, extra={"tls": bundle, "client_cert": str(ca.assinar("hub"))})
    with pytest.raises(Hl7SemResposta, match="sem conexão"):
        mandar()
    assert guardadas(dsn) == []


def test_plain_mllp_does_not_reach_a_tls_listener(conexao: Any, fechado: ServidorMllp) -> None:
    conexao(port=fechado.porta, extra={"timeout": 2})
    with pytest.raises(Hl7SemResposta):
        mandar()
