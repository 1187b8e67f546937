"""The FHIR API on a real Airflow API server, against a real FHIR server: rights, tenants, secrets, runs, single records at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.fhir_api_apoio import API, configurar, observar, sql


def rotas(mundo: Any) -> list[tuple[str, str]]:
    return [
        ("POST", f"{API}/observations/x/sync"), ("POST", f"{API}/patients/x/sync"), ("POST", f"{API}/observations/sync-all"),
        ("POST", f"{API}/patients/x/pull"), ("GET", f"{API}/config"), ("POST", f"{API}/config"), ("PUT", f"{API}/config"),
        ("GET", f"{API}/dead-letters"), ("POST", f"{API}/dead-letters/resend"), ("GET", f"{API}/metrics"), ("POST", f"{API}/config/test"),
        ("GET", f"{API}/tenants"), ("GET", f"{API}/page"),
    ]  # fmt: skip


def test_no_route_answers_without_a_valid_token(mundo: Any) -> None:
    for metodo, rota in rotas(mundo):
        corpo = {} if "/config" in rota and metodo != "GET" else None
        assert mundo.pedir(metodo, rota, corpo)[0] == 401, rota
        assert mundo.pedir(metodo, rota, corpo, token="x.y.z")[0] in (401, 403), rota


@pytest.mark.parametrize("quem", ["op", "ana", "leitor"])
@pytest.mark.parametrize("metodo", ["GET", "POST", "PUT"])
def test_the_configuration_is_for_administrators(mundo: Any, config: dict[str, Any], quem: str, metodo: str) -> None:
    corpo = None if metodo == "GET" else config
    assert mundo.pedir(metodo, f"{API}/config?tenant={mundo.a}", corpo, quem=quem)[0] == 403


def test_who_may_not_run_the_dag_may_not_synchronise(mundo: Any, config: dict[str, Any]) -> None:
    obs_id = observar(mundo, mundo.a)
    assert mundo.pedir("POST", f"{API}/observations/{obs_id}/sync", quem="leitor")[0] == 403


def test_a_caller_reaches_only_their_own_tenants(mundo: Any, config: dict[str, Any]) -> None:
    obs_id = observar(mundo, mundo.b)
    assert mundo.pedir("POST", f"{API}/observations/{obs_id}/sync?tenant={mundo.b}", quem="ana")[0] == 403
    assert mundo.pedir("POST", f"{API}/observations/{obs_id}/sync", quem="ana")[0] == 404  # Another tenant's record does not exist.
    assert mundo.pedir("POST", f"{API}/observations/{obs_id}/sync", quem="sem")[0] == 403
    assert mundo.pedir("POST", f"{API}/observations/sync-all", quem="duas")[0] == 422  # Which of the two?
    assert mundo.pedir("POST", f"{API}/observations/{obs_id}/sync?tenant=nenhum", quem="chefe")[0] == 404


def test_the_seeds_configuration_is_stored_masked_and_audited(mundo: Any) -> None:
    segredo = "segredo-que-nao-volta"
    corpo = {
        "enabled": False,
        "baseUrl": "https://fhir.example.com/fhir",
        "authType": "basic",
        "authConfig": {"username": "u", "password": segredo},
    }
    status, criada = mundo.pedir("POST", f"{API}/config?tenant={mundo.b}", corpo, quem="chefe")
    assert (status, criada["authConfig"]) == (201, {"username": "u", "password": "***"})
    status, mudada = mundo.pedir("PUT", f"{API}/config?tenant={mundo.b}", {"maxRetries": 7}, quem="chefe")
    lida = mundo.pedir("GET", f"{API}/config?tenant={mundo.b}", quem="chefe")[1]
    assert (status, lida["maxRetries"], segredo in json.dumps([criada, mudada, lida])) == (200, 7, False)
    auditoria = sql(mundo, "select usuario, acao, campos from fhir_config_audit where tenant_id = %s order by id", mundo.b)
    assert [linha[:2] for linha in auditoria] == [("chefe", "criacao"), ("chefe", "alteracao")] and auditoria[1][2] == ["maxRetries"]
    assert segredo not in (mundo.airflow.pasta / "airflow.log").read_text()


def test_a_wrong_configuration_is_explained_without_its_secrets(mundo: Any) -> None:
    corpo = {"baseUrl": "http://fhir.example.com", "authType": "basic", "authConfig": {"username": "u", "password": "nao-mostrar", "x": 1}}
    status, resposta = mundo.pedir("POST", f"{API}/config?tenant={mundo.b}", corpo, quem="chefe")
    assert status == 422 and "nao-mostrar" not in json.dumps(resposta)
    assert mundo.pedir("POST", f"{API}/config?tenant={mundo.b}", ["nao-mostrar"], quem="chefe")[1] != ["nao-mostrar"]


def test_a_request_starts_a_run_and_says_where_to_watch_it(mundo: Any, config: dict[str, Any]) -> None:
    obs_id = observar(mundo, mundo.a)
    status, corpo = mundo.pedir("POST", f"{API}/observations/{obs_id}/sync", quem="ana")
    assert (status, corpo["dag_id"]) == (202, "fhir_push")
    status, corrida = mundo.pedir("GET", corpo["acompanhar"], quem="chefe")
    assert (status, corrida["conf"], corrida["triggering_user_name"]) == (200, {"tenant": mundo.a, "observacao": obs_id}, "ana")


def test_everything_of_a_tenant_is_one_run(mundo: Any, config: dict[str, Any]) -> None:
    status, corpo = mundo.pedir("POST", f"{API}/observations/sync-all", quem="ana")
    assert status == 202 and mundo.pedir("GET", corpo["acompanhar"], quem="chefe")[1]["conf"] == {"tenant": mundo.a}


def test_a_single_record_can_be_waited_for(mundo: Any, config: dict[str, Any]) -> None:
    obs_id = observar(mundo, mundo.a)
    status, feito = mundo.pedir("POST", f"{API}/observations/{obs_id}/sync?wait=true", quem="ana")
    assert status == 200
    [(recurso, paciente)] = sql(mundo, 'select "fhirResourceId", "patientId" from observations where id = %s', obs_id)
    assert feito["fhirResourceId"] == recurso and mundo.fhir.fhir("GET", f"Observation/{recurso}")["status"] == "final"
    assert mundo.pedir("POST", f"{API}/patients/{paciente}/sync?wait=true", quem="ana")[0] == 200
    status, busca = mundo.pedir("POST", f"{API}/patients/{paciente}/pull?wait=true", quem="ana")
    assert (status, busca["contagens"]["conhecidas"] >= 1) == (200, True)


def test_a_refused_record_says_why_and_waits_in_the_dead_letter(mundo: Any, config: dict[str, Any]) -> None:
    obs_id = observar(mundo, mundo.a)
    sql(mundo, "update observations set type = 'temperature', value = null where id = %s", obs_id)
    assert mundo.pedir("POST", f"{API}/observations/{obs_id}/sync?wait=true", quem="ana") == (
        422,
        {"detail": "value: observação sem valor"},
    )
    assert sql(mundo, "select situacao from SincronizacaoFhir where chave = %s", obs_id) == [("erro",)]


def test_a_server_that_is_down_is_a_502(mundo: Any, config: dict[str, Any]) -> None:
    obs_id = observar(mundo, mundo.a)
    mundo.fhir.falhas(parcela_503=1.0)
    assert mundo.pedir("POST", f"{API}/observations/{obs_id}/sync?wait=true", quem="ana")[0] == 502


def test_the_documentation_has_the_seeds_examples(mundo: Any) -> None:
    status, documento = mundo.pedir("GET", f"{API}/openapi.json")
    exemplos = documento["paths"]["/config"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    assert status == 200 and {"oauth2", "smart", "basic", "apikey"} == set(exemplos)


@pytest.mark.parametrize(("desligada", "rota"), [
    ({"enabled": False}, "observations/{obs}/sync"), ({"enabled": False}, "patients/{paciente}/sync"), ({"syncDirection": "pull"}, "observations/{obs}/sync"),
    ({"enabled": False}, "patients/{paciente}/pull"), ({"syncDirection": "push"}, "patients/{paciente}/pull"),
])  # fmt: skip
def test_nothing_leaves_or_comes_of_a_tenant_that_is_switched_off(mundo: Any, desligada: dict[str, Any], rota: str) -> None:
    configurar(mundo, **desligada)
    obs_id = observar(mundo, mundo.a)
    [(paciente,)] = sql(mundo, 'select "patientId" from observations where id = %s', obs_id)
    sql(mundo, "update patients set \"ehrPatientId\" = 'x' where id = %s", paciente)
    rota = rota.format(obs=obs_id, paciente=paciente)
    assert mundo.pedir("POST", f"{API}/{rota}?wait=true", quem="ana")[0] == 409
    sql(mundo, "delete from observations where id = %s", obs_id)
    sql(mundo, 'update patients set "ehrPatientId" = null where id = %s', paciente)


def test_another_address_needs_a_word_while_records_are_linked_to_the_server(mundo: Any, config: dict[str, Any]) -> None:
    sql(mundo, 'update patients set "ehrPatientId" = \'x\' where "tenantId" = %s', mundo.a)
    novo = config | {"baseUrl": "https://outro.example.com/fhir"}
    for metodo in ("PUT", "POST"):
        assert mundo.pedir(metodo, f"{API}/config?tenant={mundo.a}", novo, quem="chefe")[0] == 409
    assert mundo.pedir("PUT", f"{API}/config?tenant={mundo.a}&mesmoServidor=true", novo, quem="chefe")[0] == 200
    sql(mundo, 'update patients set "ehrPatientId" = null where "tenantId" = %s', mundo.a)


def test_a_nul_in_an_id_is_the_callers_mistake(mundo: Any, config: dict[str, Any]) -> None:
    for rota in ("observations/a%00/sync", "patients/a%00/pull", "observations/sync-all?tenant=a%00", "webhook/a%00"):
        assert mundo.pedir("POST", f"{API}/{rota}", quem="chefe")[0] == 422, rota
    assert mundo.pedir("POST", f"{API}/dead-letters/resend", {"ids": ["a\x00"]}, quem="ana")[0] == 422
