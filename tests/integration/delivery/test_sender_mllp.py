"""A batch of the queue over MLLP: what becomes of its records."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from include.fusion.delivery.sender import Outgoing, Sender
from include.fusion.delivery.work import DeliveryParameters
from include.fusion.hl7.build.message import Hl7Message
from include.fusion.hl7.wire.mllp import MllpAddress
from include.fusion.hl7.wire.transport import Hl7Carrier, MllpTransport
from include.fusion.store.filas import FilaRow, Outcome
from sandbox.mllp.servidor import MllpServer
from tests.integration.hl7.helpers import stored
from tests.unit.hl7.samples import all_of_them, mixture, settings

pytest_plugins = ["tests.integration.hl7.fixtures"]


def deliver(s: MllpServer, messages: list[Hl7Message], port: int = 0) -> list[Outcome]:
    """Outcomes of one batch, each message of a patient of its own."""
    now = datetime.now(UTC)
    batch = [
        Outgoing(FilaRow(n, m.controle, f"p{n}", "alteracao", 5, 0, now), data=m.body, chave=m.controle, versao="v")
        for n, m in enumerate(messages)
    ]

    async def run_task() -> None:
        async with MllpTransport(MllpAddress("127.0.0.1", port or s.port, answer_timeout=2.0)) as transport:
            await Sender(Hl7Carrier(transport), DeliveryParameters(concorrencia=4)).send(batch)

    asyncio.run(run_task())
    return [e.outcome for e in batch if e.outcome is not None]


def test_a_lost_answer_is_settled_within_the_batch(mllp: MllpServer, dsn: str) -> None:
    messages = list(mixture(settings(), 2000, 20))
    mllp.falhas(parcela_corta_depois=0.1, semente=2)
    assert {d.situacao for d in deliver(mllp, messages)} <= {"concluido", "adiado"}
    mllp.falhas()
    assert {d.situacao for d in deliver(mllp, messages)} == {"concluido"}
    assert sorted(stored(dsn)) == sorted(m.controle for m in messages)


def test_ae_ends_a_record_with_its_code_and_ar_puts_it_off(mllp: MllpServer) -> None:
    mllp.falhas(parcela_ae=1)
    (error,) = deliver(mllp, [all_of_them(settings())["A01"]])
    assert (error.situacao, error.motivo) == ("erro", "Fusion recusou a mensagem HL7: AE 102 (tipo de dado inválido)")
    mllp.falhas(parcela_ar=1)
    (adiado,) = deliver(mllp, [all_of_them(settings())["A01"]])
    assert adiado.situacao == "adiado" and "AR 207" in (adiado.motivo or "")


def test_a_receiver_that_is_down_costs_no_record_a_try(mllp: MllpServer) -> None:
    assert {d.situacao for d in deliver(mllp, list(mixture(settings(), 0, 3)), port=1)} == {"devolvido"}
