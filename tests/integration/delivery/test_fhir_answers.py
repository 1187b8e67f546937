"""What the sender makes of every answer that a FHIR server may give, status by status, over real HTTP.

| Situation | Test |
|---|---|
| conditional create 201, 200, 412 | here: …finds_what_is_there…; test_fhir_push: …lost_answer…, …several_matches… |
| conditional update 201, 200, 412 | here: …conditional_update… |
| If-Match 412, 409 | here: …conflict…; test_fhir_push: …an_edit_updates_the_same_resource… |
| 400, 422, 403, 404, 405, 410 | here: …final_refusal… (alone, in a batch, in a transaction) |
| 401 | here: …401_inside_a_batch…; test_fhir_push: …revoked_token…, …wrong_credentials… |
| 408, 425, 429, 500, 502, 503, 504, reset; Retry-After | here: …passing_trouble…; test_fhir_push: …retry_after…, …outage… |
| 409 on a create | here: …referential_conflict… |
| 202 | test_fhir_push: …accepted_request… |
| OperationOutcome.issue.code | here: …calls_itself_transient…, …says_no… |
| nothing is repeated that could double | here: …bare_create…; test_fhir_push: …lost_answer… |
| batch, transaction | test_fhir_push: …entries_that_fail…, …422_names…, …one_bad_record… |
| retry schedule | unit/test_fhir_cliente: …waits_are_the_seeds… |
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from include.fusion.fhir.http.client import Response
from include.fusion.fhir.http.errors import FhirDuplicate
from sandbox.fhir.servidor import FhirServer
from tests.integration.fhir.harness import FhirHarness, so_sandbox

pytestmark = so_sandbox
ONE = {"so_rota": "Observation"}
"""Faults for single creates only: patients and tokens get through."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirServer]:
    done = FhirServer(tmp_path_factory.mktemp("fhir")).start_run()
    yield done
    done.stop()


@pytest.fixture
def harness(database: str, tmp_path: Path, server: FhirServer) -> Iterator[FhirHarness]:
    server.clear_faults()
    made = FhirHarness(database, tmp_path, server)
    made.configure(metadata={"bundle": "none"})
    yield made
    made.close()


def write(harness: FhirHarness, resource: dict[str, Any], search: str) -> Response:
    async def one() -> Response:
        async with harness.client() as client:
            return await client.write(resource, search)

    return asyncio.run(one())


def test_a_conditional_create_makes_one_and_finds_what_is_there(harness: FhirHarness) -> None:
    [obs_id] = harness.observe()
    harness.send()
    [before] = harness.no_ehr()
    harness.sql('update observations set "fhirResourceId" = null, "syncedToEHR" = false where id = %s', obs_id)
    harness.sql("delete from fhir_resources where local_id = %s", obs_id)
    assert harness.send().enviados == 1
    assert [(r["id"], r["meta"]["versionId"]) for r in harness.no_ehr()] == [(before["id"], "1")]


def test_a_conditional_update_makes_replaces_or_refuses(harness: FhirHarness, server: FhirServer) -> None:
    value = secrets.token_hex(6)
    paciente = {"resourceType": "Patient", "identifier": [{"system": "urn:t", "value": value}]}
    made = write(harness, paciente, f"identifier=urn:t|{value}")
    trocada = write(harness, paciente | {"active": False}, f"identifier=urn:t|{value}")
    assert (made.status, trocada.status, trocada.id, trocada.body["active"]) == (201, 200, made.id, False)
    server.fhir("POST", "Patient", paciente)
    with pytest.raises(FhirDuplicate):
        write(harness, paciente, f"identifier=urn:t|{value}")


@pytest.mark.parametrize("status", [409, 412])
def test_a_conflict_of_an_update_is_merged_once_and_a_second_one_is_a_dead_letter(
    harness: FhirHarness, server: FhirServer, status: int
) -> None:
    [obs_id] = harness.observe()
    harness.send()
    for times_seen, sent in ((1, 1), (2, 0)):
        harness.edit(obs_id)
        server.falhas(parcela_status=1.0, status=status, so_metodo="PUT", vezes=times_seen)
        assert harness.send().enviados == sent
        assert server.falhas()["pedidos"].get("GET") == 1  # Read again, once.
    assert harness.dead_letters_of() == [f"servidor FHIR: conflito de versão em Observation (HTTP {status})"]


@pytest.mark.parametrize(("vezes", "dead_letters_of"), [(1, 0), (2, 1)])
def test_a_referential_conflict_of_a_create_is_tried_once_more(
    harness: FhirHarness, server: FhirServer, vezes: int, dead_letters_of: int
) -> None:
    harness.observe()
    server.falhas(parcela_status=1.0, status=409, vezes=vezes, **ONE)
    harness.send()
    assert (len(harness.dead_letters_of()), len(harness.no_ehr())) == (dead_letters_of, 1 - dead_letters_of)


@pytest.mark.parametrize("bundle", ["none", "batch", "transaction"])
@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 422])
def test_a_final_refusal_is_a_dead_letter_at_the_first_answer(harness: FhirHarness, server: FhirServer, status: int, bundle: str) -> None:
    harness.configure(metadata={"bundle": bundle})
    harness.observe(2)
    harness.send()
    harness.observe(3)
    harness.sql('update observations set "patientId" = (select min("patientId") from observations where "syncedToEHR")')
    server.falhas(parcela_status=float(bundle != "batch"), parcela_entrada=1.0, status=status, issue="invalid", so_metodo="POST")
    assert harness.send().enviados == 0
    assert harness.dead_letters_of() == [f"servidor FHIR recusou Observation: HTTP {status} (invalid)"] * 3
    # A transaction that fell is asked for record by record: once for the bundle, once for each.
    assert server.falhas()["pedidos"]["POST"] == {"none": 3, "batch": 1, "transaction": 4}[bundle]


def test_a_401_inside_a_batch_gets_a_new_token_and_dead_letters_nothing(harness: FhirHarness, server: FhirServer) -> None:
    harness.configure(metadata={"bundle": "batch"})
    harness.observe(3)
    server.falhas(parcela_entrada=1.0, status=401, vezes=2)
    assert (harness.send().enviados, harness.dead_letters_of()) == (3, [])


@pytest.mark.parametrize("bundle", ["none", "batch"])
@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_passing_trouble_is_waited_out_and_doubles_nothing(harness: FhirHarness, server: FhirServer, status: int, bundle: str) -> None:
    harness.configure(metadata={"bundle": bundle})
    harness.observe(3)
    server.falhas(parcela_status=1.0, status=status, so_rota="Observation" if bundle == "none" else "fhir", vezes=2)
    assert (harness.send().enviados, harness.dead_letters_of(), len(harness.no_ehr())) == (3, [], 3)


@pytest.mark.parametrize("applied", [True, False])
def test_a_connection_that_breaks_doubles_and_loses_nothing(harness: FhirHarness, server: FhirServer, applied: bool) -> None:
    harness.observe(3)
    server.falhas(parcela_reset=1.0, reset_depois_de_aplicar=applied, vezes=2, **ONE)
    assert (harness.send().enviados, len(harness.no_ehr())) == (3, 3)


FAMILIA_TRANSITORIA = ["transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled"]


@pytest.mark.parametrize("issue", FAMILIA_TRANSITORIA)
def test_a_4xx_that_calls_itself_transient_is_tried_again(harness: FhirHarness, server: FhirServer, issue: str) -> None:
    harness.observe()
    server.falhas(parcela_status=1.0, status=400, issue=issue, vezes=2, **ONE)
    assert (harness.send().enviados, server.falhas()["feitas"]["parcela_status"]) == (1, 2)


def test_one_that_stays_so_is_a_dead_letter_and_holds_nobody_else(harness: FhirHarness, server: FhirServer) -> None:
    harness.configure(maxRetries=1, metadata={"bundle": "none", "concurrency": 1})
    harness.observe(3)
    server.falhas(parcela_status=1.0, status=422, issue="lock-error", vezes=2, **ONE)
    assert harness.send().enviados == 2
    assert harness.dead_letters_of() == ["servidor FHIR recusou Observation: HTTP 422 (lock-error)"]


def test_entries_that_stay_so_are_dead_letters_and_no_outage(harness: FhirHarness, server: FhirServer) -> None:
    harness.configure(maxRetries=1, metadata={"bundle": "batch"})
    harness.observe(2)
    server.falhas(parcela_entrada=1.0, status=422, issue="throttled")
    harness.send()
    assert harness.dead_letters_of() == ["servidor FHIR recusou Observation: HTTP 422 (throttled)"] * 2
    assert server.falhas()["pedidos"]["entradas"] == 4


@pytest.mark.parametrize("issue", ["invalid", "security", "not-supported", "duplicate", "not-found", "conflict", "business-rule"])
def test_what_says_no_is_not_asked_again(harness: FhirHarness, server: FhirServer, issue: str) -> None:
    harness.observe()
    server.falhas(parcela_status=1.0, status=422, issue=issue, **ONE)
    harness.send()
    assert (harness.dead_letters_of(), server.falhas()["feitas"]["parcela_status"]) == (
        [f"servidor FHIR recusou Observation: HTTP 422 ({issue})"],
        1,
    )


@pytest.mark.parametrize("bundle", ["none", "batch", "transaction"])
def test_no_bare_create_ever_leaves(harness: FhirHarness, server: FhirServer, bundle: str) -> None:
    harness.configure(metadata={"bundle": bundle})
    harness.observe(3)
    assert harness.send().enviados == 3
    assert server.falhas()["pedidos"].get("sem_condicao", 0) == 0
    server.fhir("POST", "Patient", {"resourceType": "Patient"})
    assert server.falhas()["pedidos"]["sem_condicao"] == 1  # They would have been counted.
