"""HL7 messages over real sockets: MLLP with every fault, TLS, and Fusion's HL7 controller over HTTP."""

from __future__ import annotations

import asyncio
import re
import ssl
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from include.fusion.cliente import ApiFusion, ClienteFusion
from include.fusion.entrega import Parametros
from include.fusion.envio import Envio, Remessa
from include.fusion.erros import FusionError, FusionIndisponivel, FusionNaoAutorizado
from include.fusion.filas import Desfecho, Registro
from include.fusion.hl7.ack import Ack, Hl7Recusada, Hl7Rejeitada, Hl7SemResposta
from include.fusion.hl7.mensagem import MensagemHl7
from include.fusion.hl7.mllp import EnderecoMllp
from include.fusion.hl7.transporte import EnviadorHl7, Transporte, TransporteHttp, TransporteMllp
from sandbox.fusion.servidor import ServidorFusion
from sandbox.mllp.servidor import ServidorMllp
from sandbox.postgres import Postgres
from tests.unit.hl7_apoio import ajustes, mistura, todas

BOA = todas(ajustes())["A01"].corpo
Tarefa = Callable[[Transporte], Awaitable[Any]]


@pytest.fixture(scope="module")
def dsn(postgres: Postgres) -> str:
    return postgres.criar_banco("hl7_envio")


@pytest.fixture(scope="module")
def servidor(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServidorMllp]:
    pronto = ServidorMllp(dsn, tmp_path_factory.mktemp("mllp")).iniciar()
    yield pronto
    pronto.parar()


@pytest.fixture
def mllp(servidor: ServidorMllp, dsn: str) -> ServidorMllp:
    servidor.iniciar().falhas()
    sql(dsn, "truncate mensagem_hl7")
    return servidor


def sql(dsn: str, comando: str) -> list[tuple[Any, ...]]:
    con = psycopg2.connect(dsn)
    with con, con.cursor() as cur:
        cur.execute(comando)
        linhas = cur.fetchall() if cur.description else []
    con.close()
    return linhas


def guardadas(dsn: str) -> list[str]:
    return [c for (c,) in sql(dsn, "select controle from mensagem_hl7 order by id")]


def com(transporte: Transporte, tarefa: Tarefa) -> Any:
    async def rodar() -> Any:
        async with transporte:
            return await tarefa(transporte)

    return asyncio.run(rodar())


def por_mllp(s: ServidorMllp, tarefa: Tarefa, **opcoes: Any) -> Any:
    return com(TransporteMllp(EnderecoMllp("127.0.0.1", s.porta, **{"tempo_resposta": 5.0, **opcoes})), tarefa)


async def enviar_boa(t: Transporte) -> Ack:
    return await t.enviar(BOA)


async def ate_aceitar(t: Transporte, mensagem: bytes, vezes: int = 60) -> None:
    """What a retry policy does: the same bytes again, so the same control id."""
    for _ in range(vezes):
        try:
            (await t.enviar(mensagem)).conferir()
        except FusionIndisponivel:
            continue
        return
    raise AssertionError("never accepted")


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


@pytest.fixture(scope="module")
def fusion(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServidorFusion]:
    pronto = ServidorFusion(postgres.criar_banco("hl7_http"), tmp_path_factory.mktemp("fusion")).iniciar()
    yield pronto
    pronto.parar()


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


# --- a batch of the queue, over MLLP -----------------------------------------------------------------------------------


def entregar(s: ServidorMllp, mensagens: list[MensagemHl7], porta: int = 0) -> list[Desfecho]:
    """Outcomes of one batch, each message of a patient of its own."""
    agora = datetime.now(UTC)
    lote = [
        Envio(Registro(n, m.controle, f"p{n}", "alteracao", 5, 0, agora), dados=m.corpo, chave=m.controle, versao="v")
        for n, m in enumerate(mensagens)
    ]

    async def rodar() -> None:
        async with TransporteMllp(EnderecoMllp("127.0.0.1", porta or s.porta, tempo_resposta=2.0)) as transporte:
            await Remessa(EnviadorHl7(transporte), Parametros(concorrencia=4)).enviar(lote)

    asyncio.run(rodar())
    return [e.desfecho for e in lote if e.desfecho is not None]


def test_a_lost_answer_is_settled_within_the_batch(mllp: ServidorMllp, dsn: str) -> None:
    mensagens = list(mistura(ajustes(), 2000, 20))
    mllp.falhas(parcela_corta_depois=0.1, semente=2)
    assert {d.situacao for d in entregar(mllp, mensagens)} <= {"concluido", "adiado"}
    mllp.falhas()
    assert {d.situacao for d in entregar(mllp, mensagens)} == {"concluido"}
    assert sorted(guardadas(dsn)) == sorted(m.controle for m in mensagens)


def test_ae_ends_a_record_with_its_code_and_ar_puts_it_off(mllp: ServidorMllp) -> None:
    mllp.falhas(parcela_ae=1)
    (erro,) = entregar(mllp, [todas(ajustes())["A01"]])
    assert (erro.situacao, erro.motivo) == ("erro", "Fusion recusou a mensagem HL7: AE 102 (tipo de dado inválido)")
    mllp.falhas(parcela_ar=1)
    (adiado,) = entregar(mllp, [todas(ajustes())["A01"]])
    assert adiado.situacao == "adiado" and "AR 207" in (adiado.motivo or "")


def test_a_receiver_that_is_down_costs_no_record_a_try(mllp: ServidorMllp) -> None:
    assert {d.situacao for d in entregar(mllp, list(mistura(ajustes(), 0, 3)), porta=1)} == {"devolvido"}
