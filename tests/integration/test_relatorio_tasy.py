"""The demo's report on an attendance source: what was changed, delivered and saved, and that both sides agree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from include.fusion.settings import obter
from sandbox.origens.tasy import clinica
from sandbox.postgres import Postgres
from sandbox.report import base, report
from sandbox.report.facts import conferir
from sandbox.simulador import criar_registro, simular
from tests.bancada import Bancada
from tests.integration.tasy_apoio import hospital, novo, sincronizar


@pytest.fixture(scope="module")
def bancada(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bancada]:
    b = Bancada(postgres, Path(tmp_path_factory.mktemp("tasy")), "tasy", 40)
    b.dsn["simulador"] = postgres.criar_banco("t_relatorio_tasy")
    criar_registro(b.dsn["simulador"])
    sincronizar(b)
    yield b
    b.fechar()


def relatar(b: Bancada) -> base.Relatorio:
    relatorio = base.Relatorio()
    urls = {"simulador": b.dsn["simulador"], "fusion": b.dsn["fusion"], "fusion_integracao": b.dsn["fila"], "tasy": b.dsn["origem"]}
    report._integracao(relatorio, obter("tasy"), urls)
    return relatorio


def test_a_simulated_hospital_is_reported_whole(bancada: Bancada) -> None:
    (origem,) = simular({"tasy": bancada.dsn["origem"]}, bancada.dsn["simulador"], taxa=60, duracao=1, invalidos=0.1, semente=5)
    assert origem.falhas == 0 and relatar(bancada).integrations["tasy"].missing > 0
    sincronizar(bancada)
    relatorio = relatar(bancada)
    linha = relatorio.integrations["tasy"]
    assert relatorio.verdict == "ok" and linha.changed == 60 and linha.refused > 0 and linha.p95_s is not None
    assert 0 < relatorio.motivos["tasy"].total() <= linha.refused  # A patient is refused with the attendance and alone.


def test_what_was_saved_stands_in_the_table(bancada: Bancada) -> None:
    alvo = novo(bancada)
    for _ in range(3):
        with hospital(bancada) as h:
            clinica.administrativa(h, alvo)
        sincronizar(bancada)
    relatorio = relatar(bancada)
    assert 0 < relatorio.poupados["tasy"] < 100
    assert "saved %" in relatorio.texto() and "saved" not in relatorio.json()


def test_an_edit_without_effect_has_no_delivery_to_wait_for(bancada: Bancada) -> None:
    so_esta = "insert into mudanca (origem, chave, operacao, tipo, invalida, marcador, committed_at) values ('tasy', '1', 'alteracao', %s, false, %s, %s)"
    antes = relatar(bancada).integrations["tasy"]
    con_antiga = ("administrativa", "2020-01-01+00", "2020-01-01+00")
    bancada._sql("simulador", so_esta, *con_antiga)
    depois = relatar(bancada).integrations["tasy"]
    assert (depois.changed, depois.p95_s) == (antes.changed + 1, antes.p95_s)


def test_a_medicine_more_in_fusion_than_at_the_source_is_found_behind_the_hubs_back(bancada: Bancada) -> None:
    [(chave,)] = bancada.fusion(
        "select codigo from registro where jsonb_array_length(corpo -> 'prescricoes') > 0 and not cancelado limit 1"
    )
    do_atendimento = "select nr_prescricao from tasy.prescr_medica where nr_atendimento = %s"
    bancada.origem(f"delete from tasy.prescr_material where nr_prescricao in ({do_atendimento})", int(chave))
    notas = conferir("tasy", bancada.dsn["origem"], bancada.dsn["fusion"], 7, ignorar=set())
    assert [nota for nota in notas if "another number of prescriptions" in nota and chave in nota]
