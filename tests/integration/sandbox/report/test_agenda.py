"""The report's lines for bookings, on a chain that the simulator drives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from include.fusion.settings import installed
from include.fusion.sistemas.fusion_service.settings import FusionService
from include.fusion.sistemas.skymed.settings import Skymed
from sandbox.postgres import Postgres
from sandbox.report.agenda import add, check_agendamentos, divergent_agendamentos
from sandbox.report.base import Report, Row
from sandbox.simulador import simulate
from tests.integration.sistemas.skymed.chain import Chain


@pytest.fixture
def chain(postgres: Postgres, tmp_path: Path) -> Iterator[Chain]:
    chain = Chain(postgres, tmp_path)
    yield chain
    chain.close()


def test_the_report_reconciles_bookings(chain: Chain) -> None:
    urls = {
        "mv": chain.dsn["origem"],
        "fusion": chain.dsn["fusion"],
        "fusion_integracao": chain.dsn["fila"],
        "simulador": chain.dsn["fila"],
    }
    (skymed,), (service,) = installed(Skymed), installed(FusionService)

    def make_report() -> dict[str, Row]:
        report = Report()
        for integracao in (skymed, service):
            add(report, integracao, urls)
        assert report.notes == []
        return report.integrations

    (done,) = simulate({"skymed": urls["mv"]}, urls["simulador"], rate=100, duration=1.5, invalid_share=0.2, semente=5)
    assert done.falhas == 0 and done.done == 30
    before = make_report()
    assert before["skymed"].changed == 30 and before["skymed"].missing > 0 and before["skymed"].pending >= 30
    assert before["fusion_service"].missing > 0
    chain.announce()
    assert make_report()["skymed"].missing == 0 < make_report()["skymed"].pending
    chain.process()
    after = make_report()
    assert [(li.missing, li.pending, li.doubled) for li in after.values()] == [(0, 0, 0)] * 2
    assert after["fusion_service"].refused > 0 and after["fusion_service"].p50_s is not None and after["skymed"].p95_s is not None
    assert after["fusion_service"].delivered + after["fusion_service"].refused == after["fusion_service"].queued

    # What went wrong behind its back it finds by both ways.
    (key,) = chain.fusion("select codigo from registro where entidade = 'agenda_cirurgica' and not cancelado limit 1")[0]
    chain.fusion("update registro set corpo = jsonb_set(corpo, '{situacao}', '\"EM_CHECAGEM\"') where codigo = %s", key)
    assert divergent_agendamentos(service, urls) >= {key}
    assert check_agendamentos(service, urls, ignore=set()) == [f"fusion_service: 1 bookings differ from the source (such as {key})"]
