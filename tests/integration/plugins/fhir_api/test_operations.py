"""What operators see and do through the API: dead letters, figures, a test of the configuration."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.origens.plataforma.ehr import pulse
from tests.integration.plugins.fhir_api.helpers import API, configure, observe, sql


def refused(world: Any, tenant: str) -> str:
    """An observation in the dead letter."""
    obs_id = observe(world, tenant)
    sql(world, "update observations set type = 'nada' where id = %s", obs_id)
    assert world.ask("POST", f"{API}/observations/{obs_id}/sync?wait=true&tenant={tenant}", who="chefe")[0] == 422
    return obs_id


def test_dead_letters_are_listed_page_by_page_with_their_reason(world: Any, config: dict[str, Any]) -> None:
    ids = [refused(world, world.a) for _ in range(3)]
    seen: list[dict[str, Any]] = []
    next_number = 0
    while next_number is not None:
        page = world.ask("GET", f"{API}/dead-letters?limite=2&depois={next_number}", who="ana")[1]
        seen, next_number = seen + page["itens"], page["proximo"]
    assert set(ids) <= {v["observationId"] for v in seen}
    assert all(v["motivo"].startswith("type:") for v in seen if v["observationId"] in ids)


def test_a_dead_letter_can_be_resent_once_its_cause_is_gone(world: Any, config: dict[str, Any]) -> None:
    obs_id = refused(world, world.a)
    sql(world, "update observations set type = 'heart_rate', value = 70 where id = %s", obs_id)
    status, body = world.ask("POST", f"{API}/dead-letters/resend", {"ids": [obs_id]}, who="ana")
    assert (status, body["reenviadas"], [e["dag_id"] for e in body["execucoes"]]) == (202, 1, ["fhir_push"])
    assert sql(world, "select situacao from SincronizacaoFhir where chave = %s", obs_id) == [("pendente",)]
    assert world.ask("POST", f"{API}/dead-letters/resend", {"ids": [obs_id]}, who="ana")[1] == {"reenviadas": 0, "execucoes": []}


def test_nobody_sees_or_resends_another_tenants_dead_letters(world: Any, config: dict[str, Any]) -> None:
    configure(world, world.b)
    obs_id = refused(world, world.b)
    assert world.ask("GET", f"{API}/dead-letters?tenant={world.b}", who="ana")[0] == 403
    assert world.ask("GET", f"{API}/dead-letters", who="leitor")[0] == 403
    assert obs_id not in str(world.ask("GET", f"{API}/dead-letters?limite=1000", who="ana")[1])
    assert obs_id in str(world.ask("GET", f"{API}/dead-letters?limite=1000", who="chefe")[1])
    world.ask("POST", f"{API}/dead-letters/resend", {"ids": [obs_id]}, who="ana")
    assert sql(world, "select situacao from SincronizacaoFhir where chave = %s", obs_id) == [("erro",)]


def test_figures_count_what_was_sent_and_how_long_it_took(world: Any, config: dict[str, Any]) -> None:
    def sent() -> tuple[int, Any]:
        horas = world.ask("GET", f"{API}/metrics", who="ana")[1]["horas"]
        minhas = [h for h in horas if h["sentido"] == "push"]
        return sum(h["enviados"] for h in minhas), minhas[-1]["latenciaMediaMs"] if minhas else None

    before = sent()[0]
    obs_id = observe(world, world.a)
    assert world.ask("POST", f"{API}/observations/{obs_id}/sync?wait=true", who="ana")[0] == 200
    after, latency = sent()
    assert after == before + 1 and 0 < latency < 60_000
    assert {t["tenantId"] for t in world.ask("GET", f"{API}/metrics", who="ana")[1]["tenants"]} == {world.a}
    assert world.ask("GET", f"{API}/metrics?tenant={world.b}", who="ana")[0] == 403


@pytest.mark.parametrize("tipo", ["oauth2", "basic", "apikey"])
def test_a_configuration_is_tested_without_being_stored(world: Any, tipo: str) -> None:
    before = sql(world, "select count(*) from fhir_config_audit")
    body = {"enabled": True, "baseUrl": world.fhir.url, **world.fhir.acesso(tipo)}
    status, made = world.ask("POST", f"{API}/config/test?tenant={world.a}", body, who="chefe")
    assert (status, made["certo"], made["token"], made["versao"]) == (200, True, True if tipo == "oauth2" else None, "4.0.1")
    assert sql(world, "select count(*) from fhir_config_audit") == before


@pytest.mark.parametrize(("tipo", "field"), [("oauth2", "clientSecret"), ("basic", "password"), ("apikey", "apiKey")])
def test_a_wrong_secret_fails_the_test_even_while_the_old_token_lives(world: Any, config: dict[str, Any], tipo: str, field: str) -> None:
    body = {"baseUrl": world.fhir.url, **world.fhir.acesso(tipo, **{field: "outro-segredo-qualquer"})}
    made = world.ask("POST", f"{API}/config/test?tenant={world.a}", body, who="chefe")[1]
    assert not made["certo"] and not made["acesso"] and made["erro"]


def test_a_masked_secret_means_the_stored_one(world: Any, config: dict[str, Any]) -> None:
    read_row = world.ask("GET", f"{API}/config?tenant={world.a}", who="chefe")[1]
    body = {k: read_row[k] for k in ("baseUrl", "authType", "authConfig")}
    assert world.ask("POST", f"{API}/config/test?tenant={world.a}", body, who="chefe")[1]["certo"]


@pytest.mark.parametrize("who", ["op", "ana", "leitor"])
def test_what_belongs_to_the_configuration_is_for_administrators(world: Any, config: dict[str, Any], who: str) -> None:
    for method, path, body in (("POST", "/config/test", config), ("GET", "/tenants", None), ("GET", "/page", None)):
        assert world.ask(method, f"{API}{path}?tenant={world.a}", body, who=who)[0] == 403


def refused_in_pull(world: Any, tenant: str) -> str:
    """Key of an observation of the EHR that the platform could not take."""
    ehr = world.fhir.fhir("POST", "Patient", {"resourceType": "Patient", "active": True})["id"]
    paciente = sql(world, 'update patients set "ehrPatientId" = %s where "tenantId" = %s returning id', ehr, tenant)[0][0]
    sql(world, 'update patients set "ehrPatientId" = null where "tenantId" = %s and id <> %s', tenant, paciente)
    id_ = world.fhir.fhir("POST", "Observation", pulse(ehr, 70) | {"note": [{"text": "a\x00"}]})["id"]
    assert world.ask("POST", f"{API}/patients/{paciente}/pull?wait=true&tenant={tenant}", who="chefe")[0] == 422
    return f"Observation/{id_}"


def test_what_a_pull_refused_stands_beside_it_and_is_fetched_again(world: Any, config: dict[str, Any]) -> None:
    key = refused_in_pull(world, world.a)
    items = world.ask("GET", f"{API}/dead-letters?limite=1000", who="ana")[1]["itens"]
    [item] = [i for i in items if i["chave"] == key]
    assert (item["sentido"], item["resourceType"], item["tenantId"], item["observationId"]) == ("pull", "Observation", world.a, None)
    assert world.ask("POST", f"{API}/dead-letters/resend", {"ids": [key]}, who="sem")[0] == 403
    body = world.ask("POST", f"{API}/dead-letters/resend", {"ids": [key]}, who="ana")[1]
    assert (body["reenviadas"], [e["dag_id"] for e in body["execucoes"]]) == (1, ["fhir_pull"])
    assert sql(world, "select situacao from SincronizacaoFhir where chave = %s", key) == [("pendente",)]


def test_the_pull_dag_fetches_the_refused_ones_alone(world: Any, config: dict[str, Any]) -> None:
    key = refused_in_pull(world, world.a)
    world.fhir.fhir("PUT", key, {**world.fhir.fhir("GET", key), "note": [{"text": "certa"}]})
    turn = world.airflow.run_task("fhir_pull", {"tenant": world.a, "recusadas": "todas"})
    assert sql(world, "select situacao, motivo from SincronizacaoFhir where chave = %s", key) == [("concluido", None)]
    assert "certa" not in turn and key not in [i["chave"] for i in world.ask("GET", f"{API}/dead-letters", who="ana")[1]["itens"]]
