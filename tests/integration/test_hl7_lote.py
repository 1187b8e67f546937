"""A batch of the queue over MLLP: what becomes of its records."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from include.fusion.delivery.sender import Envio, Remessa
from include.fusion.delivery.work import Parametros
from include.fusion.hl7.build.message import MensagemHl7
from include.fusion.hl7.wire.mllp import EnderecoMllp
from include.fusion.hl7.wire.transport import EnviadorHl7, TransporteMllp
from include.fusion.store.filas import Desfecho, Registro
from sandbox.mllp.servidor import ServidorMllp
from tests.integration.hl7_envio_apoio import guardadas
from tests.unit.hl7_apoio import ajustes, mistura, todas

pytest_plugins = ["tests.integration.hl7_pecas"]


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
