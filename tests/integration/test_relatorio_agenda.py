"""The report's lines for bookings, on a chain that the simulator drives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from include.fusion.settings import instaladas
from include.fusion.sistemas.fusion_service.settings import FusionService
from include.fusion.sistemas.skymed.settings import Skymed
from sandbox.postgres import Postgres
from sandbox.report.agenda import agendamentos_divergentes, conferir_agendamentos, somar
from sandbox.report.base import Linha, Relatorio
from sandbox.simulador import simular
from tests.integration.agenda_apoio import Cadeia


@pytest.fixture
def cadeia(postgres: Postgres, tmp_path: Path) -> Iterator[Cadeia]:
    cadeia = Cadeia(postgres, tmp_path)
    yield cadeia
    cadeia.fechar()


def test_the_report_reconciles_bookings(cadeia: Cadeia) -> None:
    urls = {
        "mv": cadeia.dsn["origem"],
        "fusion": cadeia.dsn["fusion"],
        "fusion_integracao": cadeia.dsn["fila"],
        "simulador": cadeia.dsn["fila"],
    }
    (skymed,), (servico,) = instaladas(Skymed), instaladas(FusionService)

    def relatar() -> dict[str, Linha]:
        relatorio = Relatorio()
        for integracao in (skymed, servico):
            somar(relatorio, integracao, urls)
        assert relatorio.notas == []
        return relatorio.integrations

    (feitas,) = simular({"skymed": urls["mv"]}, urls["simulador"], taxa=100, duracao=1.5, invalidos=0.2, semente=5)
    assert feitas.falhas == 0 and feitas.feitas == 30
    antes = relatar()
    assert antes["skymed"].changed == 30 and antes["skymed"].missing > 0 and antes["skymed"].pending >= 30
    assert antes["fusion_service"].missing > 0
    cadeia.anunciar()
    assert relatar()["skymed"].missing == 0 < relatar()["skymed"].pending
    cadeia.processar()
    depois = relatar()
    assert [(li.missing, li.pending, li.doubled) for li in depois.values()] == [(0, 0, 0)] * 2
    assert depois["fusion_service"].refused > 0 and depois["fusion_service"].p50_s is not None and depois["skymed"].p95_s is not None
    assert depois["fusion_service"].delivered + depois["fusion_service"].refused == depois["fusion_service"].queued

    # What went wrong behind its back it finds by both ways.
    (chave,) = cadeia.fusion("select codigo from registro where entidade = 'agenda_cirurgica' and not cancelado limit 1")[0]
    cadeia.fusion("update registro set corpo = jsonb_set(corpo, '{situacao}', '\"EM_CHECAGEM\"') where codigo = %s", chave)
    assert agendamentos_divergentes(servico, urls) >= {chave}
    assert conferir_agendamentos(servico, urls, ignorar=set()) == [f"fusion_service: 1 bookings differ from the source (such as {chave})"]
