"""The FHIR API on a real Airflow API server, against a real FHIR server: rights, tenants, secrets, runs, single records at once."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest

from tests.integration.plugins.fhir_api.helpers import API, at_once, configure, observe, sql


def routes(world: Any) -> list[tuple[str, str]]:
    return [
        ("POST", f"{API}/observations/x/sync"), ("POST", f"{API}/patients/x/sync"), ("POST", f"{API}/observations/sync-all"),
        ("POST", f"{API}/patients/x/pull"), ("GET", f"{API}/config"), ("POST", f"{API}/config"), ("PUT", f"{API}/config"),
        ("GET", f"{API}/dead-letters"), ("POST", f"{API}/dead-letters/resend"), ("GET", f"{API}/metrics"), ("POST", f"{API}/config/test"),
        ("GET", f"{API}/tenants"), ("GET", f"{API}/page"), ("GET", f"{API}/openapi.json"), ("GET", f"{API}/docs"),
    ]  # fmt: skip


def test_no_route_answers_without_a_valid_token(world: Any) -> None:
    for method, path in routes(world):
        body: dict[str, Any] | None = {} if "/config" in path and method != "GET" else None
        assert world.ask(method, path, body)[0] == 401, path
        assert world.ask(method, path, body, token="x.y.z")[0] in (401, 403), path


def test_a_strangers_body_is_refused_before_it_is_read(world: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", world.airflow.port, timeout=60)
    connection.putrequest("POST", f"{API}/config")
    connection.putheader("Content-Length", "200000000")
    connection.endheaders(b"{")  # The rest never comes: whoever waits for it does not answer.
    assert connection.getresponse().status == 401
    connection.close()


def test_a_body_beyond_the_limit_is_refused(world: Any) -> None:
    assert world.ask("POST", f"{API}/config?tenant={world.b}", {"x": "x" * 1_100_000}, who="chefe")[0] == 413


@pytest.mark.parametrize("who", ["op", "ana", "leitor"])
@pytest.mark.parametrize("metodo", ["GET", "POST", "PUT"])
def test_the_configuration_is_for_administrators(world: Any, config: dict[str, Any], who: str, metodo: str) -> None:
    body = None if metodo == "GET" else config
    assert world.ask(metodo, f"{API}/config?tenant={world.a}", body, who=who)[0] == 403


def test_who_may_not_run_the_dag_may_not_synchronise(world: Any, config: dict[str, Any]) -> None:
    obs_id = observe(world, world.a)
    assert world.ask("POST", f"{API}/observations/{obs_id}/sync", who="leitor")[0] == 403


def test_a_caller_reaches_only_their_own_tenants(world: Any, config: dict[str, Any]) -> None:
    obs_id = observe(world, world.b)
    assert world.ask("POST", f"{API}/observations/{obs_id}/sync?tenant={world.b}", who="ana")[0] == 403
    assert world.ask("POST", f"{API}/observations/{obs_id}/sync", who="ana")[0] == 404  # Another tenant's record does not exist.
    assert world.ask("POST", f"{API}/observations/{obs_id}/sync", who="sem")[0] == 403
    assert world.ask("POST", f"{API}/observations/sync-all", who="duas")[0] == 422  # Which of the two?
    assert world.ask("POST", f"{API}/observations/{obs_id}/sync?tenant=nenhum", who="chefe")[0] == 404


def test_the_seeds_configuration_is_stored_masked_and_audited(world: Any) -> None:
    # Other tests may have stored one for this tenant.
    sql(world, "delete from fhir_integration_configs where tenant_id = %s", world.b)
    [(before,)] = sql(world, "select coalesce(max(id), 0) from fhir_config_audit")
    secret = "segredo-que-nao-volta"
    body = {
        "enabled": False,
        "baseUrl": "https://fhir.example.com/fhir",
        "authType": "basic",
        "authConfig": {"username": "u", "password": secret},
    }
    status, criada = world.ask("POST", f"{API}/config?tenant={world.b}", body, who="chefe")
    assert (status, criada["authConfig"]) == (201, {"username": "u", "password": "***"})
    status, mudada = world.ask("PUT", f"{API}/config?tenant={world.b}", {"maxRetries": 7}, who="chefe")
    read_row = world.ask("GET", f"{API}/config?tenant={world.b}", who="chefe")[1]
    assert (status, read_row["maxRetries"], secret in json.dumps([criada, mudada, read_row])) == (200, 7, False)
    audit_columns = sql(
        world, "select usuario, acao, campos from fhir_config_audit where tenant_id = %s and id > %s order by id", world.b, before
    )
    assert [row[:2] for row in audit_columns] == [("chefe", "criacao"), ("chefe", "alteracao")] and audit_columns[1][2] == ["maxRetries"]
    assert secret not in (world.airflow.folder / "airflow.log").read_text()


def test_a_wrong_configuration_is_explained_without_its_secrets(world: Any) -> None:
    body = {"baseUrl": "http://fhir.example.com", "authType": "basic", "authConfig": {"username": "u", "password": "nao-mostrar", "x": 1}}
    status, response = world.ask("POST", f"{API}/config?tenant={world.b}", body, who="chefe")
    assert status == 422 and "nao-mostrar" not in json.dumps(response)
    assert world.ask("POST", f"{API}/config?tenant={world.b}", ["nao-mostrar"], who="chefe")[1] != ["nao-mostrar"]


def test_a_request_starts_a_run_and_says_where_to_watch_it(world: Any, config: dict[str, Any]) -> None:
    obs_id = observe(world, world.a)
    status, body = world.ask("POST", f"{API}/observations/{obs_id}/sync", who="ana")
    assert (status, body["dag_id"]) == (202, "fhir_push")
    status, dag_run = world.ask("GET", body["acompanhar"], who="chefe")
    assert (status, dag_run["conf"], dag_run["triggering_user_name"]) == (200, {"tenant": world.a, "observacao": obs_id}, "ana")


def test_everything_of_a_tenant_is_one_run(world: Any, config: dict[str, Any]) -> None:
    status, body = world.ask("POST", f"{API}/observations/sync-all", who="ana")
    assert status == 202 and world.ask("GET", body["acompanhar"], who="chefe")[1]["conf"] == {"tenant": world.a}


def test_a_single_record_can_be_waited_for(world: Any, config: dict[str, Any]) -> None:
    obs_id = observe(world, world.a)
    status, done = at_once(world, f"observations/{obs_id}/sync")
    assert status == 200
    [(resource, paciente)] = sql(world, 'select "fhirResourceId", "patientId" from observations where id = %s', obs_id)
    assert done["fhirResourceId"] == resource and world.fhir.fhir("GET", f"Observation/{resource}")["status"] == "final"
    assert at_once(world, f"patients/{paciente}/sync")[0] == 200
    status, search = at_once(world, f"patients/{paciente}/pull")
    assert status == 200, search
    assert search["contagens"]["conhecidas"] >= 1


def test_a_refused_record_says_why_and_waits_in_the_dead_letter(world: Any, config: dict[str, Any]) -> None:
    obs_id = observe(world, world.a)
    sql(world, "update observations set type = 'temperature', value = null where id = %s", obs_id)
    assert at_once(world, f"observations/{obs_id}/sync") == (
        422,
        {"detail": "value: observação sem valor"},
    )
    assert sql(world, "select situacao from SincronizacaoFhir where chave = %s", obs_id) == [("erro",)]


def test_a_server_that_is_down_is_a_502(world: Any, config: dict[str, Any]) -> None:
    obs_id = observe(world, world.a)
    world.fhir.falhas(parcela_503=1.0)
    assert at_once(world, f"observations/{obs_id}/sync")[0] == 502


def test_the_documentation_has_the_seeds_examples(world: Any) -> None:
    status, document = world.ask("GET", f"{API}/openapi.json", who="chefe")
    examples = document["paths"]["/config"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    assert status == 200 and {"oauth2", "smart", "basic", "apikey"} == set(examples)


@pytest.mark.parametrize(("switched_off", "path"), [
    ({"enabled": False}, "observations/{obs}/sync"), ({"enabled": False}, "patients/{paciente}/sync"), ({"syncDirection": "pull"}, "observations/{obs}/sync"),
    ({"enabled": False}, "patients/{paciente}/pull"), ({"syncDirection": "push"}, "patients/{paciente}/pull"),
])  # fmt: skip
def test_nothing_leaves_or_comes_of_a_tenant_that_is_switched_off(world: Any, switched_off: dict[str, Any], path: str) -> None:
    configure(world, **switched_off)
    obs_id = observe(world, world.a)
    [(paciente,)] = sql(world, 'select "patientId" from observations where id = %s', obs_id)
    sql(world, "update patients set \"ehrPatientId\" = 'x' where id = %s", paciente)
    path = path.format(obs=obs_id, paciente=paciente)
    assert at_once(world, path)[0] == 409
    sql(world, "delete from observations where id = %s", obs_id)
    sql(world, 'update patients set "ehrPatientId" = null where id = %s', paciente)


def test_another_address_needs_a_word_while_records_are_linked_to_the_server(world: Any, config: dict[str, Any]) -> None:
    sql(world, 'update patients set "ehrPatientId" = \'x\' where "tenantId" = %s', world.a)
    new = config | {"baseUrl": "https://outro.example.com/fhir"}
    for method in ("PUT", "POST"):
        assert world.ask(method, f"{API}/config?tenant={world.a}", new, who="chefe")[0] == 409
    assert world.ask("PUT", f"{API}/config?tenant={world.a}&mesmoServidor=true", new, who="chefe")[0] == 200
    sql(world, 'update patients set "ehrPatientId" = null where "tenantId" = %s', world.a)


def test_a_nul_in_an_id_is_the_callers_mistake(world: Any, config: dict[str, Any]) -> None:
    for path in ("observations/a%00/sync", "patients/a%00/pull", "observations/sync-all?tenant=a%00", "webhook/a%00"):
        assert world.ask("POST", f"{API}/{path}", who="chefe")[0] == 422, path
    assert world.ask("POST", f"{API}/dead-letters/resend", {"ids": ["a\x00"]}, who="ana")[0] == 422
