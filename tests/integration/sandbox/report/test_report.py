"""The demo's report on an attendance source: what was changed, delivered and saved, and that both sides agree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from include.fusion.settings import obtain
from sandbox.origens.tasy import clinica
from sandbox.postgres import Postgres
from sandbox.report import base, report
from sandbox.report.facts import check
from sandbox.simulador import create_register, simulate
from tests.harness import Harness
from tests.integration.sistemas.tasy.helpers import hospital, new, synchronise


@pytest.fixture(scope="module")
def harness(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    b = Harness(postgres, Path(tmp_path_factory.mktemp("tasy")), "tasy", 40)
    b.dsn["simulador"] = postgres.create_database("t_relatorio_tasy")
    create_register(b.dsn["simulador"])
    synchronise(b)
    yield b
    b.close()


def make_report(b: Harness) -> base.Report:
    relatorio = base.Report()
    urls = {"simulador": b.dsn["simulador"], "fusion": b.dsn["fusion"], "fusion_integracao": b.dsn["fila"], "tasy": b.dsn["origem"]}
    report._integracao(relatorio, obtain("tasy"), urls)
    return relatorio


def test_a_simulated_hospital_is_reported_whole(harness: Harness) -> None:
    (origin,) = simulate({"tasy": harness.dsn["origem"]}, harness.dsn["simulador"], rate=60, duration=1, invalid_share=0.1, semente=5)
    assert origin.falhas == 0 and make_report(harness).integrations["tasy"].missing > 0
    synchronise(harness)
    report = make_report(harness)
    row = report.integrations["tasy"]
    assert report.verdict == "ok" and row.changed == 60 and row.refused > 0 and row.p95_s is not None
    assert 0 < report.motivos["tasy"].total() <= row.refused  # A patient is refused with the attendance and alone.


def test_what_was_saved_stands_in_the_table(harness: Harness) -> None:
    target = new(harness)
    for _ in range(3):
        with hospital(harness) as h:
            clinica.administrative(h, target)
        synchronise(harness)
    report = make_report(harness)
    assert 0 < report.saved["tasy"] < 100
    assert "saved %" in report.texto() and "saved" not in report.json()


def test_an_edit_without_effect_has_no_delivery_to_wait_for(harness: Harness) -> None:
    so_esta = "insert into mudanca (origem, chave, operacao, tipo, invalida, marcador, committed_at) values ('tasy', '1', 'alteracao', %s, false, %s, %s)"
    before = make_report(harness).integrations["tasy"]
    con_antiga = ("administrativa", "2020-01-01+00", "2020-01-01+00")
    harness._sql("simulador", so_esta, *con_antiga)
    after = make_report(harness).integrations["tasy"]
    assert (after.changed, after.p95_s) == (before.changed + 1, before.p95_s)


def test_a_medicine_more_in_fusion_than_at_the_source_is_found_behind_the_hubs_back(harness: Harness) -> None:
    [(key,)] = harness.fusion("select codigo from registro where jsonb_array_length(corpo -> 'prescricoes') > 0 and not cancelado limit 1")
    of_atendimento = "select nr_prescricao from tasy.prescr_medica where nr_atendimento = %s"
    harness.origem(f"delete from tasy.prescr_material where nr_prescricao in ({of_atendimento})", int(key))
    notes = check("tasy", harness.dsn["origem"], harness.dsn["fusion"], 7, ignore=set())
    assert [note for note in notes if "another number of prescriptions" in note and key in note]
