"""What a pull cannot take: it stays with its reason, stops nobody else, is fetched again on request, and closed once it was taken."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from include.fusion.fhir.http.errors import FhirUnavailable
from include.fusion.fhir.platform.operations import dead_letters, resend
from include.fusion.fhir.pull.pull import Pull, PullResult
from include.fusion.fhir.push.due_tenants import REALTIME, due_tenants
from sandbox.fhir.servidor import FhirServer
from tests.integration.fhir.harness import FhirHarness, so_sandbox
from tests.integration.fhir.pull.test_pull import harness as harness
from tests.integration.fhir.pull.test_pull import server as server
from tests.integration.fhir.pull.test_pull import take_measure

pytestmark = so_sandbox
DO_BANCO = "Observation: valor que o banco da plataforma não aceita"
SEM_DIA = "Observation: estrutura fora do FHIR R4"
NULL: dict[str, Any] = {"note": [{"text": "segredo\x00"}]}
"""Valid R4 that PostgreSQL stores in no text."""


def dead_letters_of(harness: FhirHarness) -> list[tuple[str, str]]:
    return [(c["chave"], c["motivo"]) for c in dead_letters(harness.engine, harness.tenant) if c["sentido"] == "pull"]


def again(harness: FhirHarness, count: int = 1) -> PullResult:
    assert resend(harness.engine, harness.tenant) == (0, count)
    return asyncio.run(Pull(harness.engine, harness.client()).run(only_dead_letter=True))


def status(harness: FhirHarness) -> list[tuple[str, str | None]]:
    return harness.sql("select situacao, motivo from SincronizacaoFhir order by id")


def server_of(harness: FhirHarness) -> FhirServer:
    assert harness.server is not None
    return harness.server


@pytest.mark.parametrize(("defect", "motivo"), [(NULL, DO_BANCO), ({"effectiveDateTime": "0001-01-01T00:00:00+14:00"}, SEM_DIA)])
def test_one_that_cannot_be_taken_leaves_its_reason_and_the_rest_arrive(harness: FhirHarness, defect: dict[str, Any], motivo: str) -> None:
    take_measure(harness, 60)
    bad = take_measure(harness, **defect)
    take_measure(harness, 61)
    result = harness.look_up()
    assert (result.novas, result.falhas, dead_letters_of(harness)) == (2, 1, [(f"Observation/{bad['id']}", motivo)])
    [(paciente, tenant)] = harness.sql("select chave_paciente, processo from SincronizacaoFhir")
    assert (paciente, tenant) == (harness.sql("select id from patients")[0][0], harness.tenant)


def test_seeing_it_again_makes_no_second_row_and_no_log_quotes_it(harness: FhirHarness, caplog: pytest.LogCaptureFixture) -> None:
    take_measure(harness, **NULL)
    with caplog.at_level(logging.INFO):
        harness.look_up()
        harness.look_up()
    assert len(dead_letters_of(harness)) == 1
    assert "segredo" not in caplog.text and "segredo" not in str(harness.sql("select * from SincronizacaoFhir"))


def test_a_refused_one_is_fetched_again_by_its_id_and_closed(harness: FhirHarness) -> None:
    harness.configure(metadata={"overlapSeconds": 0})
    bad = take_measure(harness, **NULL)
    harness.look_up()
    assert again(harness).falhas == 1  # Nothing has changed: it goes back with its reason.
    assert status(harness) == [("erro", DO_BANCO)]
    take_measure(harness, 77, id=bad["id"])
    assert (again(harness).novas, status(harness)) == (1, [("concluido", None)])
    assert harness.sql("select value from observations") == [(77,)]


def test_a_pull_that_takes_it_closes_the_row_unasked(harness: FhirHarness) -> None:
    bad = take_measure(harness, **NULL)
    harness.look_up()
    take_measure(harness, 77, id=bad["id"])
    assert (harness.look_up().novas, status(harness)) == (1, [("concluido", None)])


def test_what_was_asked_for_outlives_an_outage_and_the_next_pull_takes_it(harness: FhirHarness) -> None:
    bad = take_measure(harness, **NULL)
    harness.look_up()
    take_measure(harness, 77, id=bad["id"])
    server_of(harness).falhas(parcela_503=1.0)
    with pytest.raises(FhirUnavailable):
        again(harness)
    assert status(harness) == [("pendente", None)]
    server_of(harness).clear_faults()
    assert (harness.look_up().novas, status(harness)) == (1, [("concluido", None)])


def test_one_that_the_server_cannot_give_does_not_stop_the_pull(harness: FhirHarness) -> None:
    bad = take_measure(harness, **NULL)
    harness.look_up()
    take_measure(harness)
    assert resend(harness.engine, harness.tenant) == (0, 1)
    server_of(harness).falhas(parcela_500=1.0, so_rota=f"Observation/{bad['id']}")
    assert harness.look_up().novas == 1
    assert [m for _, m in dead_letters_of(harness)] == [DO_BANCO]


def test_one_that_the_server_deleted_is_let_go(harness: FhirHarness) -> None:
    bad = take_measure(harness, **NULL)
    harness.look_up()
    server_of(harness).fhir("DELETE", f"Observation/{bad['id']}")
    again(harness)
    assert status(harness) == [("descartado", "apagado no servidor FHIR")]


def test_a_patient_whom_the_server_refuses_is_noted_and_closed_by_the_next_search(harness: FhirHarness) -> None:
    take_measure(harness)
    server_of(harness).falhas(parcela_status=1.0, status=403, issue="forbidden", so_metodo="GET")
    assert harness.look_up().falhas == 1
    [(ehr,)] = harness.sql('select "ehrPatientId" from patients')
    assert dead_letters_of(harness) == [(f"Patient/{ehr}", "servidor FHIR recusou Observation: HTTP 403 (forbidden)")]
    server_of(harness).clear_faults()
    assert (again(harness).novas, status(harness)) == (1, [("concluido", None)])


def test_a_search_that_answers_with_other_patients_is_told_once(harness: FhirHarness) -> None:
    take_measure(harness)
    harness.sql('update patients set "ehrPatientId" = (select "ehrPatientId" from patients) || \'x\'')
    [(ehr,)] = harness.sql('select "ehrPatientId" from patients')
    foreign = {"resourceType": "Observation", "id": "1", "subject": {"reference": "Patient/outro"}}
    search = Pull(harness.engine, harness.client())
    page = search._upsert.store(harness.sql("select id from patients")[0][0], ehr, [foreign, foreign | {"id": "2"}, {"id": None}])
    assert (page.motivos.total(), [c for c, _ in dead_letters_of(harness)]) == (3, [f"Patient/{ehr}"])


def test_what_came_in_wakes_no_push_and_is_never_sent(harness: FhirHarness) -> None:
    harness.configure(syncFrequency="realtime")
    take_measure(harness, **NULL)
    harness.look_up()
    assert resend(harness.engine, harness.tenant) == (0, 1)
    assert (due_tenants(harness.engine, REALTIME), harness.send().inalterados) == ([], 0)
    assert status(harness) == [("pendente", None)]
