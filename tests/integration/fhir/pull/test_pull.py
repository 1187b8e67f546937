"""Pull from a real FHIR server: new, changed, known; pages, markers, what is not ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from include.fusion.fhir.http.errors import FhirUnavailable
from include.fusion.fhir.pull.pull import Pull
from sandbox.fhir.servidor import FhirServer
from sandbox.origens.plataforma.ehr import pulse
from tests.integration.fhir.harness import EXTERNAL, FhirHarness, so_sandbox


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirServer | None]:
    if EXTERNAL:
        yield None
        return
    done = FhirServer(tmp_path_factory.mktemp("fhir")).start_run()
    yield done
    done.stop()


@pytest.fixture
def harness(database: str, tmp_path: Path, server: FhirServer | None) -> Iterator[FhirHarness]:
    if server is not None:
        server.clear_faults()
    made = FhirHarness(database, tmp_path, server, pacientes=1)
    ehr = made.hospital("POST", "Patient", {"resourceType": "Patient", "active": True})["id"]
    made.sql('update patients set "ehrPatientId" = %s', ehr)
    yield made
    made.close()


def take_measure(harness: FhirHarness, value: float = 72, **more: Any) -> dict[str, Any]:
    """The hospital writes down a heart rate."""
    [(ehr,)] = harness.sql('select "ehrPatientId" from patients')
    body = {
        "resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{ehr}"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]}, "effectiveDateTime": "2026-01-02T03:04:05-03:00",
        "valueQuantity": {"value": value, "unit": "bpm", "system": "http://unitsofmeasure.org", "code": "/min"}, **more,
    }  # fmt: skip
    method, path = ("PUT", f"Observation/{body['id']}") if "id" in body else ("POST", "Observation")
    return harness.hospital(method, path, body)


def test_a_new_observation_is_created_synchronised_and_with_its_resource(harness: FhirHarness) -> None:
    resource = take_measure(harness, extension=[{"url": "urn:x", "valueString": "do hospital"}])
    assert harness.look_up().novas == 1
    query = 'select type, value, unit, source, "syncedToEHR", "fhirResourceId", "effectiveAt"::text from observations'
    assert harness.sql(query) == [("heart_rate", 72, "/min", "ehr", True, resource["id"], "2026-01-02 06:04:05+00")]
    assert harness.sql("select recurso->'extension'->0->>'valueString' from fhir_resources") == [("do hospital",)]


def test_a_known_one_is_skipped_and_a_changed_one_updated(harness: FhirHarness) -> None:
    resource = take_measure(harness)
    harness.look_up()
    assert (harness.look_up().conhecidas, harness.look_up().novas) == (1, 0)
    take_measure(harness, 80, id=resource["id"], status="amended")
    assert harness.look_up().alteradas == 1
    assert harness.sql("select value, status from observations") == [(80, "amended")]


def test_all_pages_are_followed(harness: FhirHarness) -> None:
    harness.configure(metadata={"pageSize": 2})
    for n in range(7):
        take_measure(harness, 60 + n)
    assert harness.look_up().novas == 7


def test_the_next_pull_begins_a_while_before_the_last_one_saw(harness: FhirHarness) -> None:
    take_measure(harness)
    harness.look_up()
    harness.configure(metadata={"overlapSeconds": 0})
    harness.sql("update marca_dagua set marcador = '2100-01-01T00:00:00.000000+00:00'")
    assert harness.look_up().conhecidas == 0
    harness.configure(metadata={"overlapSeconds": 86_400})
    harness.sql("update marca_dagua set marcador = to_char(now() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US+00:00')")
    assert harness.look_up().conhecidas == 1


def test_what_was_pushed_does_not_come_back_as_new(harness: FhirHarness) -> None:
    harness.observe(3)
    harness.send()
    result = harness.look_up()
    assert (result.novas, result.alteradas, result.conhecidas) == (0, 0, 3)


@so_sandbox
def test_a_push_whose_answer_was_lost_does_not_come_back_as_new(harness: FhirHarness) -> None:
    assert harness.server is not None
    harness.configure(maxRetries=0, metadata={"bundle": "none"})
    harness.observe()
    harness.server.falhas(parcela_reset=1.0, so_metodo="POST", vezes=2)
    for _ in range(2):  # The token's answer first, then the observation's.
        try:
            harness.send()
        except FhirUnavailable:
            pass
    harness.look_up()
    assert harness.sql("select count(*) from observations") == [(1,)]


def test_changed_on_both_sides_ours_goes_over_theirs_and_theirs_stays_beside_it(harness: FhirHarness) -> None:
    resource = take_measure(harness, note=[{"text": "a"}])
    harness.look_up()
    [(obs_id,)] = harness.sql("select id from observations")
    harness.edit(obs_id)
    take_measure(harness, 99, id=resource["id"], note=[{"text": "b"}])
    assert harness.look_up().conflitos == 1
    harness.send()
    [after] = harness.no_ehr()
    assert after["status"] == "amended" and 72 < after["valueQuantity"]["value"] < 76 and after["note"] == [{"text": "b"}]


def test_a_result_that_is_no_sign_of_ours_is_kept_as_other(harness: FhirHarness) -> None:
    take_measure(harness, code={"coding": [{"system": "http://loinc.org", "code": "718-7"}]}, valueQuantity={"value": 13.5, "unit": "g/dL"})
    harness.look_up()
    assert harness.sql('select type, code, "codeSystem", value, unit from observations') == [
        ("other", "718-7", "http://loinc.org", pytest.approx(13.5), "g/dL")
    ]


@so_sandbox
def test_an_outage_leaves_the_marker_where_it_was(harness: FhirHarness) -> None:
    assert harness.server is not None
    take_measure(harness)
    harness.server.falhas(parcela_503=1.0)
    with pytest.raises(FhirUnavailable):
        harness.look_up()
    harness.server.clear_faults()
    assert harness.look_up().novas == 1


@so_sandbox
def test_throttling_in_the_middle_of_the_pages_loses_none(harness: FhirHarness) -> None:
    assert harness.server is not None
    harness.configure(metadata={"pageSize": 1}, maxRetries=10)
    for n in range(6):
        take_measure(harness, 60 + n)
    harness.server.falhas(parcela_429=0.3, so_metodo="GET")
    assert harness.look_up().novas == 6


def test_one_that_the_ehr_moves_to_another_patient_moves_here(harness: FhirHarness) -> None:
    resource = take_measure(harness)
    harness.look_up()
    ok = harness.hospital("POST", "Patient", {"resourceType": "Patient", "active": True})["id"]
    harness.sql("insert into patients (id, \"tenantId\", name, \"ehrPatientId\") values ('p2', %s, 'Outro', %s)", harness.tenant, ok)
    measured = harness.hospital("PUT", f"Observation/{resource['id']}", resource | {"subject": {"reference": f"Patient/{ok}"}})
    assert harness.look_up().alteradas == 1
    assert harness.sql('select "patientId", "fhirResourceId" from observations') == [("p2", measured["id"])]


@so_sandbox
def test_a_server_whose_clock_was_ahead_is_asked_again_from_our_time_on(harness: FhirHarness, httpserver: HTTPServer) -> None:
    now = datetime.now(UTC)
    [(ehr,)] = harness.sql('select "ehrPatientId" from patients')
    resource = pulse(ehr, 70) | {"id": "o1", "meta": {"versionId": "1", "lastUpdated": (now + timedelta(hours=3)).isoformat()}}
    httpserver.expect_request("/fhir/Observation").respond_with_json({"resourceType": "Bundle", "entry": [{"resource": resource}]})
    harness.configure(baseUrl=httpserver.url_for("/fhir"), authType="apikey", authConfig={"apiKey": "x"})
    assert harness.look_up().novas == 1
    [(marker,)] = harness.sql("select marcador from marca_dagua where origem like 'pull:%'")
    assert now <= datetime.fromisoformat(marker) <= datetime.now(UTC)


def second_paciente(harness: FhirHarness, n: int = 2) -> str:
    """Another patient of the platform with one observation in the EHR; their id there."""
    ehr = harness.hospital("POST", "Patient", {"resourceType": "Patient", "active": True})["id"]
    harness.hospital("POST", "Observation", pulse(ehr, 60 + n))
    query = 'insert into patients (id, "tenantId", name, "ehrPatientId") values (%s, %s, %s, %s)'
    harness.sql(query, f"zz{n}", harness.tenant, f"Paciente {n}", ehr)
    return ehr


@so_sandbox
@pytest.mark.parametrize("failure", ["parcela_500", "parcela_503", "parcela_html"])
def test_a_patient_whose_search_gets_no_answer_holds_nobody_else(harness: FhirHarness, failure: str) -> None:
    assert harness.server is not None
    harness.configure(maxRetries=0, metadata={"concurrency": 1})
    second_paciente(harness)
    harness.server.falhas(**{failure: 1.0}, so_metodo="GET", vezes=1)
    result = harness.look_up()
    assert (result.pacientes, result.novas, harness.dead_letters_of()) == (2, 1, [])  # At the second try, at the end.


@so_sandbox
def test_one_who_never_gets_an_answer_is_a_dead_letter_until_a_search_succeeds(harness: FhirHarness, httpserver: HTTPServer) -> None:
    [(ehr,)] = harness.sql('select "ehrPatientId" from patients')
    second_paciente(harness)
    is_empty = {"resourceType": "Bundle"}
    bad = httpserver.expect_request("/fhir/Observation", query_string={"patient": ehr, "_count": "100"})
    bad.respond_with_data(status=504)
    httpserver.expect_request("/fhir/Observation").respond_with_json(is_empty)
    harness.configure(baseUrl=httpserver.url_for("/fhir"), authType="apikey", authConfig={"apiKey": "x"}, maxRetries=0)
    assert (harness.look_up().pacientes, harness.dead_letters_of()) == (
        1,
        ["servidor FHIR indisponível em Observation: HTTP 504 após 1 tentativa(s)"],
    )
    bad.respond_with_json(is_empty)
    assert (harness.look_up().pacientes, harness.dead_letters_of()) == (2, [])


@so_sandbox
def test_a_server_that_is_down_is_not_asked_for_every_patient(harness: FhirHarness) -> None:
    assert harness.server is not None
    harness.configure(maxRetries=0, metadata={"concurrency": 1})
    for n in range(2, 8):
        second_paciente(harness, n)
    harness.server.falhas(parcela_503=1.0)
    with pytest.raises(FhirUnavailable):
        harness.look_up()
    assert (harness.server.falhas()["pedidos"]["GET"], harness.dead_letters_of()) == (3, [])


def test_a_page_read_before_a_push_does_not_undo_it(harness: FhirHarness) -> None:
    take_measure(harness)
    harness.look_up()
    [(obs_id, paciente, ehr)] = harness.sql(
        'select o.id, p.id, p."ehrPatientId" from observations o join patients p on p.id = o."patientId"'
    )
    lida_antes = harness.no_ehr()
    harness.edit(obs_id)
    harness.send()
    page = Pull(harness.engine, harness.client())._upsert.store(paciente, ehr, lida_antes)
    assert (page.counts, harness.sql("select status from observations")) == ({"conhecidas": 1}, [("amended",)])


def test_a_patient_linked_to_somebody_else_gets_the_whole_history(harness: FhirHarness) -> None:
    harness.configure(metadata={"overlapSeconds": 0})
    ok = second_paciente(harness)
    harness.sql("delete from patients where id = 'zz2'")
    harness.sql("select pg_sleep(1.1)")
    take_measure(harness)
    assert harness.look_up().novas == 1
    harness.sql('update patients set "ehrPatientId" = %s', ok)
    assert harness.look_up().novas == 1


def test_one_that_the_platform_deleted_comes_as_the_ehrs(harness: FhirHarness) -> None:
    harness.observe()
    harness.send()
    harness.sql("delete from observations")
    assert (harness.look_up().novas, harness.dead_letters_of()) == (1, [])
