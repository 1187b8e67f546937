"""The FHIR tasks: which tenants a run serves, and what one task does for one of them."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from fusion_airflow.operators.fhir import FhirPushOperator, FhirRealtimeOperator, TenantsFhirOperator
from include.fusion.fhir.http.errors import FhirUnauthorized, FhirUnavailable
from sandbox.fhir.servidor import FhirServer
from tests.integration.fhir.harness import FhirHarness
from tests.integration.plugins.operators.run import Run


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirServer]:
    done = FhirServer(tmp_path_factory.mktemp("fhir")).start_run()
    yield done
    done.stop()


@pytest.fixture
def harness(database: str, tmp_path: Path, server: FhirServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[FhirHarness]:
    """Two tenants, reached by the platform's connection and their own configuration."""
    made = FhirHarness(database, tmp_path, server, tenants=2)
    monkeypatch.setenv("AIRFLOW_CONN_PLATAFORMA", database)
    monkeypatch.setenv("AIRFLOW_CONN_FHIR_COFRE", json.dumps({"conn_type": "generic", "password": made.chave}))
    monkeypatch.setenv("FUSION_FHIR_TOKENS", str(tmp_path / "tokens"))
    yield made
    server.clear_faults()
    made.close()


def tenants(run: Run) -> set[str]:
    return {each["tenant"] for each in run.do("tenants")}


def push(harness: FhirHarness, attempt: int = 1, **form: Any) -> dict[str, Any]:
    return dict(Run("fhir_push", **form).do("enviar", attempt, tenant=harness.tenant, nome="A"))


def pull(harness: FhirHarness, attempt: int = 1, **form: Any) -> dict[str, Any]:
    return dict(Run("fhir_pull", **form).do("buscar", attempt, tenant=harness.tenant, nome="A"))


def test_a_push_serves_the_tenants_that_have_something_to_send(harness: FhirHarness) -> None:
    one, other = (t.id for t in harness.tenants)
    assert tenants(Run("fhir_push")) == set()
    harness.observe(1, one)
    assert Run("fhir_push").do("tenants") == [{"tenant": one, "nome": harness.tenants[0].nome}]
    harness.observe(1, other)
    harness.configure(other, syncFrequency="manual")
    assert tenants(Run("fhir_push", kind="scheduled")) == {one}
    assert tenants(Run("fhir_push")) == {one, other}


def test_a_push_that_sends_refused_ones_again_serves_everybody(harness: FhirHarness) -> None:
    assert tenants(Run("fhir_push", reenviar_erros=True)) == {t.id for t in harness.tenants}


def test_a_pull_serves_those_who_receive(harness: FhirHarness) -> None:
    one, other = (t.id for t in harness.tenants)
    harness.configure(one, syncDirection="push")
    assert tenants(Run("fhir_pull")) == {other}
    harness.configure(other, syncFrequency="manual")
    assert tenants(Run("fhir_pull", kind="scheduled")) == set() and tenants(Run("fhir_pull")) == {other}


def test_a_form_with_a_tenant_serves_that_one_if_it_may(harness: FhirHarness) -> None:
    one, other = (t.id for t in harness.tenants)
    assert tenants(Run("fhir_push", tenant=other)) == {other}
    harness.configure(one, enabled=False)
    with pytest.raises(AirflowSkipException, match="sem integração FHIR habilitada"):
        Run("fhir_push", tenant=one).do("tenants")


def test_a_direction_that_is_none_is_a_mistake_of_the_dag() -> None:
    with pytest.raises(ValueError, match="push or pull"):
        TenantsFhirOperator(direcao="sideways", task_id="t")


def test_a_push_sends_what_waits_and_tells_what_was_refused(harness: FhirHarness) -> None:
    ids = harness.observe(3)
    harness.sql("update observations set type = 'nada' where id = %s", ids[0])
    result = push(harness)
    assert (result["enviados"], result["falhas"], sum(result["motivos"].values())) == (2, 1, 1)
    assert harness.dead_letters_of() == list(result["motivos"])


def test_a_push_of_one_observation_leaves_the_others(harness: FhirHarness) -> None:
    one, _ = harness.observe(2)
    assert push(harness, observacao=one)["enviados"] == 1
    assert harness.pending_ones() == 1


def test_refused_ones_are_sent_again_when_the_form_says_so_or_the_task_is_cleared(harness: FhirHarness) -> None:
    (obs,) = harness.observe(1)
    kind = harness.sql("select type from observations where id = %s", obs)[0][0]
    harness.sql("update observations set type = 'nada' where id = %s", obs)
    assert push(harness)["falhas"] == 1
    assert push(harness)["falhas"] == 0  # It stays where it is.
    assert push(harness, attempt=2)["falhas"] == 1
    harness.sql("update observations set type = %s where id = %s", kind, obs)
    assert push(harness, reenviar_erros=True)["enviados"] == 1


def test_one_patients_data_are_brought_to_the_ehr_alone(harness: FhirHarness) -> None:
    harness.observe(1)
    [(paciente,)] = harness.sql('select min(id) from patients where "tenantId" = %s', harness.tenant)
    assert push(harness, paciente=paciente) == {"pacientes": 1}
    assert harness.sql('select count(*) from patients where "ehrPatientId" is not null') == [(1,)] and harness.pending_ones() == 1
    with pytest.raises(AirflowSkipException, match="inexistente neste tenant"):
        push(harness, paciente="ninguém")


def test_an_outage_fails_the_try_and_its_records_travel_with_the_next_run(harness: FhirHarness, server: FhirServer) -> None:
    harness.observe(2)
    server.stop(signal.SIGKILL)
    try:
        with pytest.raises(FhirUnavailable):
            push(harness)
    finally:
        server.start_run()
    assert push(harness)["enviados"] == 2


def test_wrong_credentials_fail_the_try_and_dead_letter_nothing(harness: FhirHarness) -> None:
    harness.observe(1)
    harness.configure(authType="apikey", authConfig={"apiKey": "errada"})
    with pytest.raises(FhirUnauthorized):
        push(harness)
    assert harness.dead_letters_of() == [] and harness.pending_ones() == 1


def test_a_server_by_connection_needs_no_stored_configuration(
    harness: FhirHarness, server: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = {
        "conn_type": "http",
        "schema": "http",
        "host": "127.0.0.1",
        "port": server.port,
        "login": "usuario",
        "password": server.secret,
    }
    monkeypatch.setenv("AIRFLOW_CONN_EHR", json.dumps(fields))
    harness.observe(1)
    harness.sql("delete from fhir_integration_configs")
    run = Run("fhir_push")
    task = FhirPushOperator(tenant=harness.tenant, fhir_conn_id="ehr", task_id="outra")
    assert task.execute(run.context("outra"))["enviados"] == 1


def test_a_pull_brings_what_is_new_in_the_ehr(harness: FhirHarness) -> None:
    harness.observe(1)
    push(harness)
    [resource] = harness.no_ehr()
    harness.hospital("POST", "Observation", {k: v for k, v in resource.items() if k not in ("id", "meta", "identifier")})
    result = pull(harness)
    assert (result["novas"], result["falhas"]) == (1, 0)
    assert pull(harness)["novas"] == 0


def test_a_pull_of_one_patient_needs_one_that_the_ehr_knows(harness: FhirHarness) -> None:
    [(paciente,)] = harness.sql('select min(id) from patients where "tenantId" = %s', harness.tenant)
    with pytest.raises(AirflowSkipException, match="ainda sem ehrPatientId"):
        pull(harness, paciente=paciente)
    push(harness, paciente=paciente)
    assert pull(harness, paciente=paciente)["falhas"] == 0


def test_a_real_time_task_serves_every_tenant_and_ends_when_nothing_comes(harness: FhirHarness) -> None:
    for tenant in harness.tenants:
        harness.configure(tenant.id, syncFrequency="realtime")
        harness.observe(2, tenant.id)
    run = Run("fhir_push", dag="real_time")
    task = FhirRealtimeOperator(linger=0.5, task_id="depressa")
    assert task.execute(run.context("depressa"))["enviados"] == 4
    assert [harness.pending_ones(t.id) for t in harness.tenants] == [0, 0]


def test_how_long_a_real_time_task_lingers_is_a_matter_of_the_site(monkeypatch: pytest.MonkeyPatch) -> None:
    assert FhirRealtimeOperator(task_id="t").linger == 30
    monkeypatch.setenv("FUSION_FHIR_PERMANENCIA", "7")
    assert FhirRealtimeOperator(task_id="t").linger == 7
