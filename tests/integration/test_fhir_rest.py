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

from include.fusion.fhir.http.client import Resposta
from include.fusion.fhir.http.errors import FhirDuplicado
from sandbox.fhir.servidor import ServidorFhir
from tests.integration.fhir_apoio import BancadaFhir, so_sandbox

pytestmark = so_sandbox
UMA = {"so_rota": "Observation"}
"""Faults for single creates only: patients and tokens get through."""


@pytest.fixture(scope="module")
def servidor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServidorFhir]:
    feito = ServidorFhir(tmp_path_factory.mktemp("fhir")).iniciar()
    yield feito
    feito.parar()


@pytest.fixture
def bancada(banco: str, tmp_path: Path, servidor: ServidorFhir) -> Iterator[BancadaFhir]:
    servidor.limpar_falhas()
    feita = BancadaFhir(banco, tmp_path, servidor)
    feita.configurar(metadata={"bundle": "none"})
    yield feita
    feita.fechar()


def gravar(bancada: BancadaFhir, recurso: dict[str, Any], busca: str) -> Resposta:
    async def uma() -> Resposta:
        async with bancada.cliente() as cliente:
            return await cliente.gravar(recurso, busca)

    return asyncio.run(uma())


def test_a_conditional_create_makes_one_and_finds_what_is_there(bancada: BancadaFhir) -> None:
    [obs_id] = bancada.observar()
    bancada.enviar()
    [antes] = bancada.no_ehr()
    bancada.sql('update observations set "fhirResourceId" = null, "syncedToEHR" = false where id = %s', obs_id)
    bancada.sql("delete from fhir_resources where local_id = %s", obs_id)
    assert bancada.enviar().enviados == 1
    assert [(r["id"], r["meta"]["versionId"]) for r in bancada.no_ehr()] == [(antes["id"], "1")]


def test_a_conditional_update_makes_replaces_or_refuses(bancada: BancadaFhir, servidor: ServidorFhir) -> None:
    valor = secrets.token_hex(6)
    paciente = {"resourceType": "Patient", "identifier": [{"system": "urn:t", "value": valor}]}
    feita = gravar(bancada, paciente, f"identifier=urn:t|{valor}")
    trocada = gravar(bancada, paciente | {"active": False}, f"identifier=urn:t|{valor}")
    assert (feita.status, trocada.status, trocada.id, trocada.corpo["active"]) == (201, 200, feita.id, False)
    servidor.fhir("POST", "Patient", paciente)
    with pytest.raises(FhirDuplicado):
        gravar(bancada, paciente, f"identifier=urn:t|{valor}")


@pytest.mark.parametrize("status", [409, 412])
def test_a_conflict_of_an_update_is_merged_once_and_a_second_one_is_a_dead_letter(
    bancada: BancadaFhir, servidor: ServidorFhir, status: int
) -> None:
    [obs_id] = bancada.observar()
    bancada.enviar()
    for vezes, enviados in ((1, 1), (2, 0)):
        bancada.editar(obs_id)
        servidor.falhas(parcela_status=1.0, status=status, so_metodo="PUT", vezes=vezes)
        assert bancada.enviar().enviados == enviados
        assert servidor.falhas()["pedidos"].get("GET") == 1  # Read again, once.
    assert bancada.mortas() == [f"servidor FHIR: conflito de versão em Observation (HTTP {status})"]


@pytest.mark.parametrize(("vezes", "mortas"), [(1, 0), (2, 1)])
def test_a_referential_conflict_of_a_create_is_tried_once_more(
    bancada: BancadaFhir, servidor: ServidorFhir, vezes: int, mortas: int
) -> None:
    bancada.observar()
    servidor.falhas(parcela_status=1.0, status=409, vezes=vezes, **UMA)
    bancada.enviar()
    assert (len(bancada.mortas()), len(bancada.no_ehr())) == (mortas, 1 - mortas)


@pytest.mark.parametrize("bundle", ["none", "batch", "transaction"])
@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 422])
def test_a_final_refusal_is_a_dead_letter_at_the_first_answer(
    bancada: BancadaFhir, servidor: ServidorFhir, status: int, bundle: str
) -> None:
    bancada.configurar(metadata={"bundle": bundle})
    bancada.observar(2)
    bancada.enviar()
    bancada.observar(3)
    bancada.sql('update observations set "patientId" = (select min("patientId") from observations where "syncedToEHR")')
    servidor.falhas(parcela_status=float(bundle != "batch"), parcela_entrada=1.0, status=status, issue="invalid", so_metodo="POST")
    assert bancada.enviar().enviados == 0
    assert bancada.mortas() == [f"servidor FHIR recusou Observation: HTTP {status} (invalid)"] * 3
    # A transaction that fell is asked for record by record: once for the bundle, once for each.
    assert servidor.falhas()["pedidos"]["POST"] == {"none": 3, "batch": 1, "transaction": 4}[bundle]


def test_a_401_inside_a_batch_gets_a_new_token_and_dead_letters_nothing(bancada: BancadaFhir, servidor: ServidorFhir) -> None:
    bancada.configurar(metadata={"bundle": "batch"})
    bancada.observar(3)
    servidor.falhas(parcela_entrada=1.0, status=401, vezes=2)
    assert (bancada.enviar().enviados, bancada.mortas()) == (3, [])


@pytest.mark.parametrize("bundle", ["none", "batch"])
@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_passing_trouble_is_waited_out_and_doubles_nothing(bancada: BancadaFhir, servidor: ServidorFhir, status: int, bundle: str) -> None:
    bancada.configurar(metadata={"bundle": bundle})
    bancada.observar(3)
    servidor.falhas(parcela_status=1.0, status=status, so_rota="Observation" if bundle == "none" else "fhir", vezes=2)
    assert (bancada.enviar().enviados, bancada.mortas(), len(bancada.no_ehr())) == (3, [], 3)


@pytest.mark.parametrize("aplicada", [True, False])
def test_a_connection_that_breaks_doubles_and_loses_nothing(bancada: BancadaFhir, servidor: ServidorFhir, aplicada: bool) -> None:
    bancada.observar(3)
    servidor.falhas(parcela_reset=1.0, reset_depois_de_aplicar=aplicada, vezes=2, **UMA)
    assert (bancada.enviar().enviados, len(bancada.no_ehr())) == (3, 3)


FAMILIA_TRANSITORIA = ["transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled"]


@pytest.mark.parametrize("issue", FAMILIA_TRANSITORIA)
def test_a_4xx_that_calls_itself_transient_is_tried_again(bancada: BancadaFhir, servidor: ServidorFhir, issue: str) -> None:
    bancada.observar()
    servidor.falhas(parcela_status=1.0, status=400, issue=issue, vezes=2, **UMA)
    assert (bancada.enviar().enviados, servidor.falhas()["feitas"]["parcela_status"]) == (1, 2)


def test_one_that_stays_so_is_a_dead_letter_and_holds_nobody_else(bancada: BancadaFhir, servidor: ServidorFhir) -> None:
    bancada.configurar(maxRetries=1, metadata={"bundle": "none", "concurrency": 1})
    bancada.observar(3)
    servidor.falhas(parcela_status=1.0, status=422, issue="lock-error", vezes=2, **UMA)
    assert bancada.enviar().enviados == 2
    assert bancada.mortas() == ["servidor FHIR recusou Observation: HTTP 422 (lock-error)"]


def test_entries_that_stay_so_are_dead_letters_and_no_outage(bancada: BancadaFhir, servidor: ServidorFhir) -> None:
    bancada.configurar(maxRetries=1, metadata={"bundle": "batch"})
    bancada.observar(2)
    servidor.falhas(parcela_entrada=1.0, status=422, issue="throttled")
    bancada.enviar()
    assert bancada.mortas() == ["servidor FHIR recusou Observation: HTTP 422 (throttled)"] * 2
    assert servidor.falhas()["pedidos"]["entradas"] == 4


@pytest.mark.parametrize("issue", ["invalid", "security", "not-supported", "duplicate", "not-found", "conflict", "business-rule"])
def test_what_says_no_is_not_asked_again(bancada: BancadaFhir, servidor: ServidorFhir, issue: str) -> None:
    bancada.observar()
    servidor.falhas(parcela_status=1.0, status=422, issue=issue, **UMA)
    bancada.enviar()
    assert (bancada.mortas(), servidor.falhas()["feitas"]["parcela_status"]) == (
        [f"servidor FHIR recusou Observation: HTTP 422 ({issue})"],
        1,
    )


@pytest.mark.parametrize("bundle", ["none", "batch", "transaction"])
def test_no_bare_create_ever_leaves(bancada: BancadaFhir, servidor: ServidorFhir, bundle: str) -> None:
    bancada.configurar(metadata={"bundle": bundle})
    bancada.observar(3)
    assert bancada.enviar().enviados == 3
    assert servidor.falhas()["pedidos"].get("sem_condicao", 0) == 0
    servidor.fhir("POST", "Patient", {"resourceType": "Patient"})
    assert servidor.falhas()["pedidos"]["sem_condicao"] == 1  # They would have been counted.
