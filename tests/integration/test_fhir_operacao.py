"""What operators see and do through the API: dead letters, figures, a test of the configuration."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.origens.plataforma.ehr import pulso
from tests.integration.fhir_api_apoio import API, configurar, observar, sql


def recusada(mundo: Any, tenant: str) -> str:
    """An observation in the dead letter."""
    obs_id = observar(mundo, tenant)
    sql(mundo, "update observations set type = 'nada' where id = %s", obs_id)
    assert mundo.pedir("POST", f"{API}/observations/{obs_id}/sync?wait=true&tenant={tenant}", quem="chefe")[0] == 422
    return obs_id


def test_dead_letters_are_listed_page_by_page_with_their_reason(mundo: Any, config: dict[str, Any]) -> None:
    ids = [recusada(mundo, mundo.a) for _ in range(3)]
    vistas, proximo = [], 0
    while proximo is not None:
        pagina = mundo.pedir("GET", f"{API}/dead-letters?limite=2&depois={proximo}", quem="ana")[1]
        vistas, proximo = vistas + pagina["itens"], pagina["proximo"]
    assert set(ids) <= {v["observationId"] for v in vistas}
    assert all(v["motivo"].startswith("type:") for v in vistas if v["observationId"] in ids)


def test_a_dead_letter_can_be_resent_once_its_cause_is_gone(mundo: Any, config: dict[str, Any]) -> None:
    obs_id = recusada(mundo, mundo.a)
    sql(mundo, "update observations set type = 'heart_rate', value = 70 where id = %s", obs_id)
    status, corpo = mundo.pedir("POST", f"{API}/dead-letters/resend", {"ids": [obs_id]}, quem="ana")
    assert (status, corpo["reenviadas"], [e["dag_id"] for e in corpo["execucoes"]]) == (202, 1, ["fhir_push"])
    assert sql(mundo, "select situacao from SincronizacaoFhir where chave = %s", obs_id) == [("pendente",)]
    assert mundo.pedir("POST", f"{API}/dead-letters/resend", {"ids": [obs_id]}, quem="ana")[1] == {"reenviadas": 0, "execucoes": []}


def test_nobody_sees_or_resends_another_tenants_dead_letters(mundo: Any, config: dict[str, Any]) -> None:
    configurar(mundo, mundo.b)
    obs_id = recusada(mundo, mundo.b)
    assert mundo.pedir("GET", f"{API}/dead-letters?tenant={mundo.b}", quem="ana")[0] == 403
    assert mundo.pedir("GET", f"{API}/dead-letters", quem="leitor")[0] == 403
    assert obs_id not in str(mundo.pedir("GET", f"{API}/dead-letters?limite=1000", quem="ana")[1])
    assert obs_id in str(mundo.pedir("GET", f"{API}/dead-letters?limite=1000", quem="chefe")[1])
    mundo.pedir("POST", f"{API}/dead-letters/resend", {"ids": [obs_id]}, quem="ana")
    assert sql(mundo, "select situacao from SincronizacaoFhir where chave = %s", obs_id) == [("erro",)]


def test_figures_count_what_was_sent_and_how_long_it_took(mundo: Any, config: dict[str, Any]) -> None:
    def enviados() -> tuple[int, Any]:
        horas = mundo.pedir("GET", f"{API}/metrics", quem="ana")[1]["horas"]
        minhas = [h for h in horas if h["sentido"] == "push"]
        return sum(h["enviados"] for h in minhas), minhas[-1]["latenciaMediaMs"] if minhas else None

    antes = enviados()[0]
    obs_id = observar(mundo, mundo.a)
    assert mundo.pedir("POST", f"{API}/observations/{obs_id}/sync?wait=true", quem="ana")[0] == 200
    depois, latencia = enviados()
    assert depois == antes + 1 and 0 < latencia < 60_000
    assert {t["tenantId"] for t in mundo.pedir("GET", f"{API}/metrics", quem="ana")[1]["tenants"]} == {mundo.a}
    assert mundo.pedir("GET", f"{API}/metrics?tenant={mundo.b}", quem="ana")[0] == 403


@pytest.mark.parametrize("tipo", ["oauth2", "basic", "apikey"])
def test_a_configuration_is_tested_without_being_stored(mundo: Any, tipo: str) -> None:
    antes = sql(mundo, "select count(*) from fhir_config_audit")
    corpo = {"enabled": True, "baseUrl": mundo.fhir.url, **mundo.fhir.acesso(tipo)}
    status, feita = mundo.pedir("POST", f"{API}/config/test?tenant={mundo.a}", corpo, quem="chefe")
    assert (status, feita["certo"], feita["token"], feita["versao"]) == (200, True, True if tipo == "oauth2" else None, "4.0.1")
    assert sql(mundo, "select count(*) from fhir_config_audit") == antes


@pytest.mark.parametrize(("tipo", "campo"), [("oauth2", "clientSecret"), ("basic", "password"), ("apikey", "apiKey")])
def test_a_wrong_secret_fails_the_test_even_while_the_old_token_lives(mundo: Any, config: dict[str, Any], tipo: str, campo: str) -> None:
    corpo = {"baseUrl": mundo.fhir.url, **mundo.fhir.acesso(tipo, **{campo: "outro-segredo-qualquer"})}
    feita = mundo.pedir("POST", f"{API}/config/test?tenant={mundo.a}", corpo, quem="chefe")[1]
    assert not feita["certo"] and not feita["acesso"] and feita["erro"]


def test_a_masked_secret_means_the_stored_one(mundo: Any, config: dict[str, Any]) -> None:
    lida = mundo.pedir("GET", f"{API}/config?tenant={mundo.a}", quem="chefe")[1]
    corpo = {k: lida[k] for k in ("baseUrl", "authType", "authConfig")}
    assert mundo.pedir("POST", f"{API}/config/test?tenant={mundo.a}", corpo, quem="chefe")[1]["certo"]


@pytest.mark.parametrize("quem", ["op", "ana", "leitor"])
def test_what_belongs_to_the_configuration_is_for_administrators(mundo: Any, config: dict[str, Any], quem: str) -> None:
    for metodo, rota, corpo in (("POST", "/config/test", config), ("GET", "/tenants", None), ("GET", "/page", None)):
        assert mundo.pedir(metodo, f"{API}{rota}?tenant={mundo.a}", corpo, quem=quem)[0] == 403


def recusada_na_busca(mundo: Any, tenant: str) -> str:
    """Key of an observation of the EHR that the platform could not take."""
    ehr = mundo.fhir.fhir("POST", "Patient", {"resourceType": "Patient", "active": True})["id"]
    paciente = sql(mundo, 'update patients set "ehrPatientId" = %s where "tenantId" = %s returning id', ehr, tenant)[0][0]
    sql(mundo, 'update patients set "ehrPatientId" = null where "tenantId" = %s and id <> %s', tenant, paciente)
    id_ = mundo.fhir.fhir("POST", "Observation", pulso(ehr, 70) | {"note": [{"text": "a\x00"}]})["id"]
    assert mundo.pedir("POST", f"{API}/patients/{paciente}/pull?wait=true&tenant={tenant}", quem="chefe")[0] == 422
    return f"Observation/{id_}"


def test_what_a_pull_refused_stands_beside_it_and_is_fetched_again(mundo: Any, config: dict[str, Any]) -> None:
    chave = recusada_na_busca(mundo, mundo.a)
    itens = mundo.pedir("GET", f"{API}/dead-letters?limite=1000", quem="ana")[1]["itens"]
    [item] = [i for i in itens if i["chave"] == chave]
    assert (item["sentido"], item["resourceType"], item["tenantId"], item["observationId"]) == ("pull", "Observation", mundo.a, None)
    assert mundo.pedir("POST", f"{API}/dead-letters/resend", {"ids": [chave]}, quem="sem")[0] == 403
    corpo = mundo.pedir("POST", f"{API}/dead-letters/resend", {"ids": [chave]}, quem="ana")[1]
    assert (corpo["reenviadas"], [e["dag_id"] for e in corpo["execucoes"]]) == (1, ["fhir_pull"])
    assert sql(mundo, "select situacao from SincronizacaoFhir where chave = %s", chave) == [("pendente",)]


def test_the_pull_dag_fetches_the_refused_ones_alone(mundo: Any, config: dict[str, Any]) -> None:
    chave = recusada_na_busca(mundo, mundo.a)
    mundo.fhir.fhir("PUT", chave, {**mundo.fhir.fhir("GET", chave), "note": [{"text": "certa"}]})
    rodada = mundo.airflow.rodar("fhir_pull", {"tenant": mundo.a, "recusadas": "todas"})
    assert sql(mundo, "select situacao, motivo from SincronizacaoFhir where chave = %s", chave) == [("concluido", None)]
    assert "certa" not in rodada and chave not in [i["chave"] for i in mundo.pedir("GET", f"{API}/dead-letters", quem="ana")[1]["itens"]]
