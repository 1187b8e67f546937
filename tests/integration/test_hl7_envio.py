"""HL7 messages over real sockets: MLLP with every fault, TLS, and Fusion's HL7 controller over HTTP."""

from __future__ import annotations

import asyncio
import re
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from include.fusion.errors import FusionError, FusionIndisponivel, FusionNaoAutorizado
from include.fusion.hl7.wire.ack import Ack, Hl7Recusada, Hl7Rejeitada, Hl7SemResposta
from include.fusion.hl7.wire.mllp import EnderecoMllp
from include.fusion.hl7.wire.transport import Transporte, TransporteHttp, TransporteMllp
from include.fusion.http.fusion import ApiFusion, ClienteFusion
from sandbox.fusion.servidor import ServidorFusion
from sandbox.mllp.servidor import ServidorMllp
from tests.integration.hl7_envio_apoio import BOA, Tarefa, ate_aceitar, com, enviar_boa, guardadas, por_mllp, sql
from tests.unit.hl7_apoio import ajustes, mistura, todas

pytest_plugins = ["tests.integration.hl7_pecas"]


# --- MLLP --------------------------------------------------------------------------------------------------------------


def test_a_message_is_stored_as_it_was_and_acknowledged(mllp: ServidorMllp, dsn: str) -> None:
    assert por_mllp(mllp, enviar_boa).aceita
    ((corpo, remetente, paciente),) = sql(dsn, "select corpo, remetente, codigo_paciente from mensagem_hl7")
    assert (corpo.encode("latin-1"), remetente, paciente) == (BOA.removesuffix(b"\r"), "TRACKCARE", "77")


@pytest.mark.parametrize("janela", [1, 8])
def test_many_messages_over_one_connection_arrive_once_each(mllp: ServidorMllp, dsn: str, janela: int) -> None:
    mensagens = [m.corpo for m in mistura(ajustes(), 0, 60)]

    async def todas_elas(t: Transporte) -> list[Ack]:
        return await asyncio.gather(*map(t.enviar, mensagens))

    assert all(a.aceita for a in por_mllp(mllp, todas_elas, janela=janela))
    assert len(guardadas(dsn)) == len(set(guardadas(dsn))) == 60


def test_the_connection_is_kept(mllp: ServidorMllp) -> None:
    async def duas(t: Any) -> tuple[object, object]:
        await t.enviar(BOA)
        primeira = t._cliente._saida
        await t.enviar(BOA)
        return primeira, t._cliente._saida

    primeira, segunda = por_mllp(mllp, duas)
    assert primeira is segunda is not None


@pytest.mark.parametrize("falha", ["parcela_partida", "parcela_lixo"])
def test_answers_in_pieces_or_with_noise_around_them_are_understood(mllp: ServidorMllp, falha: str) -> None:
    mllp.falhas(**{falha: 1})

    async def cinco(t: Transporte) -> list[Ack]:
        return await asyncio.gather(*(t.enviar(BOA) for _ in range(5)))

    assert all(a.aceita for a in por_mllp(mllp, cinco, janela=5))


@pytest.mark.parametrize(("falha", "guardada"), [("parcela_corta_antes", 0), ("parcela_corta_depois", 1), ("parcela_msa_errado", 1)])
def test_a_lost_answer_leaves_the_fate_unknown_and_a_second_send_makes_no_duplicate(
    mllp: ServidorMllp, dsn: str, falha: str, guardada: int
) -> None:
    mllp.falhas(**{falha: 1})
    with pytest.raises(Hl7SemResposta):
        por_mllp(mllp, enviar_boa)
    assert len(guardadas(dsn)) == guardada
    mllp.falhas()
    assert por_mllp(mllp, enviar_boa).aceita and len(guardadas(dsn)) == 1


def test_a_silent_receiver_is_left_in_time(mllp: ServidorMllp, dsn: str) -> None:
    mllp.falhas(parcela_muda=1)
    with pytest.raises(Hl7SemResposta, match="tempo limite"):
        por_mllp(mllp, enviar_boa, tempo_resposta=0.2)
    assert len(guardadas(dsn)) == 1


def test_a_late_answer_is_not_taken_for_the_next_messages(mllp: ServidorMllp) -> None:
    async def atrasada(t: Transporte) -> Ack:
        mllp.falhas(atraso_ms=400)
        with pytest.raises(Hl7SemResposta):
            await t.enviar(BOA)
        mllp.falhas()
        return await t.enviar(todas(ajustes())["R01"].corpo)

    assert por_mllp(mllp, atrasada, tempo_resposta=0.25).aceita


def test_a_cancelled_send_does_not_shift_the_answers(mllp: ServidorMllp) -> None:
    async def interrompida(t: Transporte) -> Ack:
        mllp.falhas(atraso_ms=300)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(t.enviar(BOA), 0.1)
        mllp.falhas()
        return await t.enviar(todas(ajustes())["R01"].corpo)

    assert por_mllp(mllp, interrompida).aceita


@pytest.mark.parametrize(("falha", "erro"), [("parcela_ae", Hl7Recusada), ("parcela_ar", Hl7Rejeitada)])
def test_what_the_receiver_says_becomes_the_records_outcome(mllp: ServidorMllp, dsn: str, falha: str, erro: type[Exception]) -> None:
    mllp.falhas(**{falha: 1})
    with pytest.raises(erro, match="102" if falha == "parcela_ae" else "207"):
        por_mllp(mllp, enviar_boa).conferir()
    assert guardadas(dsn) == []


@pytest.mark.parametrize("janela", [1, 6])
def test_under_every_fault_at_once_each_message_arrives_exactly_once(mllp: ServidorMllp, dsn: str, janela: int) -> None:
    mensagens = list(mistura(ajustes(), 1000, 40))
    partes = dict.fromkeys(("corta_antes", "corta_depois", "ar", "msa_errado", "partida", "lixo"), 0.06)
    mllp.falhas(**{f"parcela_{nome}": parte for nome, parte in partes.items()}, semente=janela)

    async def insistir(t: Transporte) -> None:
        await asyncio.gather(*(ate_aceitar(t, m.corpo) for m in mensagens))

    por_mllp(mllp, insistir, janela=janela, tempo_resposta=2.0)
    assert sorted(guardadas(dsn)) == sorted(m.controle for m in mensagens)


def test_a_listener_that_comes_back_is_found_again(mllp: ServidorMllp) -> None:
    async def com_queda(t: Transporte) -> Ack:
        await t.enviar(BOA)
        await asyncio.to_thread(mllp.parar)
        with pytest.raises(Hl7SemResposta):
            await t.enviar(BOA)
        await asyncio.to_thread(mllp.iniciar)
        await t.saude()
        return await t.enviar(BOA)

    assert por_mllp(mllp, com_queda).aceita


def test_nobody_listening_is_an_outage_not_the_records_fault(mllp: ServidorMllp) -> None:
    with pytest.raises(FusionIndisponivel, match="sem conexão"):
        com(TransporteMllp(EnderecoMllp("127.0.0.1", 1, tempo_conexao=1.0)), enviar_boa)


def test_tls_is_spoken_and_checked(dsn: str, tmp_path: Path) -> None:
    pem = tmp_path / "mllp.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "chave", "-out", tmp_path / "cert"], check=True, capture_output=True)  # fmt: skip
    pem.write_bytes((tmp_path / "chave").read_bytes() + (tmp_path / "cert").read_bytes())
    servidor = ServidorMllp(dsn, tmp_path, tls_cert=pem).iniciar()
    try:
        assert por_mllp(servidor, enviar_boa, tls=ssl.create_default_context(cafile=str(tmp_path / "cert"))).aceita
        with pytest.raises(Hl7SemResposta):
            por_mllp(servidor, enviar_boa, tls=ssl.create_default_context())
        with pytest.raises(Hl7SemResposta):
            por_mllp(servidor, enviar_boa, tempo_resposta=1.0)
    finally:
        servidor.parar()


# --- HTTP --------------------------------------------------------------------------------------------------------------


def por_http(f: ServidorFusion, tarefa: Tarefa, token: str = "", rota: str = "/api/HL7/2") -> Any:
    api = ApiFusion(f.url, {"Authorization": f"Bearer {token or f.token}"}, tempo_limite=5)
    return com(TransporteHttp(ClienteFusion(api, 4), rota), tarefa)


def test_http_takes_the_same_messages(fusion: ServidorFusion) -> None:
    assert por_http(fusion, enviar_boa).aceita and por_http(fusion, enviar_boa).aceita
    sem_numero = re.sub(rb"PID\|1\|\|[^|]*", b"PID|1||", BOA)
    with pytest.raises(Hl7Recusada, match="101"):
        por_http(fusion, lambda t: t.enviar(sem_numero)).conferir()


def test_an_http_error_keeps_its_meaning(fusion: ServidorFusion) -> None:
    with pytest.raises(FusionNaoAutorizado):
        por_http(fusion, enviar_boa, token="outro")
    with pytest.raises(FusionError, match="404"):
        por_http(fusion, enviar_boa, rota="/api/Nada")


@pytest.mark.parametrize("falha", [{"parcela_500": 1}, {"parcela_reset": 1}, {"parcela_meia_resposta": 1}])
def test_a_fault_on_the_way_is_worth_another_try(fusion: ServidorFusion, falha: dict[str, float]) -> None:
    fusion.falhas(**falha)
    try:
        with pytest.raises(FusionIndisponivel):
            por_http(fusion, enviar_boa)
    finally:
        fusion.limpar_falhas()
    assert por_http(fusion, enviar_boa).aceita
