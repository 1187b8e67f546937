"""Push to a real FHIR server from a real platform database: every answer of the server, nothing lost, nothing doubled."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy.exc import SQLAlchemyError

from include.fusion.delivery.result import TooManyErrors
from include.fusion.errors import InvalidConfiguration
from include.fusion.fhir.http.errors import FhirUnauthorized, FhirUnavailable
from include.fusion.fhir.platform.repository import Person, Repository
from include.fusion.fhir.platform.tables import fila_for
from include.fusion.fhir.push import due_tenants
from include.fusion.fhir.push.patients import EhrPatients
from include.fusion.wiring.fhir_names import resend_transient_failures
from sandbox.fhir.servidor import FhirServer
from sandbox.origens.plataforma.ehr import pulse
from tests import ROOT
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
    made = FhirHarness(database, tmp_path, server)
    yield made
    made.close()


def check_nothing_lost_nothing_doubled(harness: FhirHarness, count: int) -> None:
    assert (harness.pending_ones(), len(harness.no_ehr())) == (0, count)
    ours = {f for (f,) in harness.sql('select "fhirResourceId" from observations')}
    assert {r["id"] for r in harness.no_ehr()} == ours


@pytest.mark.parametrize("bundle", ["batch", "transaction", "none"])
def test_observations_arrive_with_their_patients_and_the_platform_learns_the_ids(harness: FhirHarness, bundle: str) -> None:
    harness.configure(metadata={"bundle": bundle, "bundleSize": 4})
    harness.observe(10)
    assert (harness.send().enviados, harness.dead_letters_of()) == (10, [])
    check_nothing_lost_nothing_doubled(harness, 10)
    [(sync_route, error)] = harness.sql("select last_sync_at, last_error from fhir_integration_configs")
    assert sync_route is not None and error is None


def test_a_second_run_sends_nothing(harness: FhirHarness) -> None:
    harness.observe(3)
    assert (harness.send().enviados, harness.send().enviados) == (3, 0)


def test_an_edit_updates_the_same_resource_and_keeps_what_the_ehr_added(harness: FhirHarness) -> None:
    [obs_id] = harness.observe()
    harness.send()
    [resource] = harness.no_ehr()
    note = {**resource, "note": [{"text": "conferido"}], "bodySite": {"text": "braço"}}
    harness.hospital("PUT", f"Observation/{resource['id']}", note)  # The version that we know is now the one before.
    harness.edit(obs_id)
    assert harness.send().enviados == 1
    [after] = harness.no_ehr()
    assert (after["id"], after["status"], after["note"]) == (resource["id"], "amended", [{"text": "conferido"}])


@so_sandbox
@pytest.mark.parametrize("bundle", ["batch", "none"])
def test_a_lost_answer_doubles_nothing(harness: FhirHarness, server: FhirServer, bundle: str) -> None:
    harness.configure(metadata={"bundle": bundle})
    harness.observe(6)
    server.falhas(parcela_reset=1.0, so_metodo="POST", vezes=2)
    harness.send()
    check_nothing_lost_nothing_doubled(harness, 6)


@so_sandbox
def test_an_edit_after_a_lost_answer_still_arrives(harness: FhirHarness, server: FhirServer) -> None:
    harness.configure(maxRetries=0)
    [first] = harness.observe()
    harness.send()
    [obs_id] = harness.observe()
    harness.sql('update observations set "patientId" = (select "patientId" from observations where id = %s)', first)
    server.falhas(parcela_reset=1.0, vezes=1)
    with pytest.raises(FhirUnavailable):
        harness.send()
    harness.edit(obs_id)
    harness.send()
    assert sorted(r["status"] for r in harness.no_ehr()) == ["amended", "final"]


@so_sandbox
def test_entries_that_fail_inside_a_200_travel_again_alone(harness: FhirHarness, server: FhirServer) -> None:
    harness.observe(20)
    server.falhas(parcela_entrada=0.4)
    harness.configure(maxRetries=10)
    assert harness.send().enviados == 20
    state = server.falhas()
    assert state["pedidos"]["entradas"] == 20 + state["feitas"]["parcela_entrada"] > 20
    check_nothing_lost_nothing_doubled(harness, 20)


@pytest.mark.parametrize("bundle", ["batch", "transaction", "none"])
def test_one_bad_record_goes_to_the_dead_letter_and_the_others_arrive(harness: FhirHarness, bundle: str) -> None:
    harness.configure(metadata={"bundle": bundle})
    ids = harness.observe(5)
    harness.sql("update observations set unit = 'kPa', type = 'temperature', value = 37 where id = %s", ids[0])
    assert harness.send().enviados == 4
    assert harness.dead_letters_of() == ["unit: unidade não serve para temperature, esperado Cel"]
    assert harness.sql('select 1 from observations where not "syncedToEHR" and id = %s', ids[0])


def test_closed_rows_go_after_a_month_and_refused_ones_stay(harness: FhirHarness) -> None:
    ids = harness.observe(2)
    harness.sql("update observations set type = 'nada' where id = %s", ids[0])
    harness.send()
    harness.sql("update SincronizacaoFhir set concluido_em = concluido_em - interval '29 days'")
    assert due_tenants.clean(harness.engine) == 0
    harness.sql("update SincronizacaoFhir set concluido_em = concluido_em - interval '2 days'")
    assert due_tenants.clean(harness.engine) == 1
    assert harness.sql("select chave, situacao from SincronizacaoFhir") == [(ids[0], "erro")]


@so_sandbox
@pytest.mark.parametrize("bundle", ["batch", "transaction", "none"])
def test_a_422_names_the_element_and_stops_nobody_else(harness: FhirHarness, server: FhirServer, bundle: str) -> None:
    harness.configure(metadata={"bundle": bundle})
    harness.observe(3)
    harness.send()
    other = harness.observe(3)
    # A patient that the EHR no longer has: the reference leads nowhere.
    harness.sql("insert into patients (id, \"tenantId\", name, \"ehrPatientId\") values ('p', %s, 'X', 'sumiu')", harness.tenant)
    harness.sql("update observations set \"patientId\" = 'p' where id = %s", other[0])
    assert (harness.send().enviados, harness.dead_letters_of()) == (2, ["servidor FHIR recusou Observation: HTTP 422 (not-found)"])


def test_a_dead_letter_is_sent_again_after_the_record_was_mended(harness: FhirHarness) -> None:
    [obs_id] = harness.observe()
    harness.sql("update observations set type = 'temperature', value = null where id = %s", obs_id)
    harness.send()
    assert harness.dead_letters_of() == ["value: observação sem valor"]
    assert harness.send().enviados == 0  # Not again by itself.
    harness.sql('update observations set value = 37, "updatedAt" = clock_timestamp() where id = %s', obs_id)
    assert (harness.send().enviados, harness.dead_letters_of()) == (1, [])


def test_a_dead_letter_can_be_sent_by_hand(harness: FhirHarness) -> None:
    [obs_id] = harness.observe()
    harness.sql("update observations set type = 'temperature', value = null where id = %s", obs_id)
    harness.send()
    harness.sql("update observations set value = 37 where id = %s", obs_id)
    assert fila_for(harness.engine, harness.tenant).reenviar_erros(keys=[obs_id]) == 1
    assert harness.send().enviados == 1


@so_sandbox
def test_an_outage_takes_the_seeds_attempts_then_dead_letters_the_batch_and_spares_the_rest(
    harness: FhirHarness, server: FhirServer
) -> None:
    harness.observe(4)
    harness.send()
    server.falhas(parcela_503=1.0)
    harness.configure(maxRetries=3, metadata={"bundleSize": 2, "concurrency": 1})
    harness.observe(5)
    harness.sql('update observations set "patientId" = (select min("patientId") from observations where "syncedToEHR")')
    with pytest.raises(FhirUnavailable):
        harness.send()
    assert server.falhas()["pedidos"].get("POST") in (4, 5)  # 1 + maxRetries, and perhaps the token's.
    assert harness.dead_letters_of() == ["servidor FHIR indisponível em Bundle: HTTP 503 após 4 tentativa(s)"] * 2
    server.clear_faults()
    assert resend_transient_failures(harness.engine, harness.tenant) == 2
    assert harness.send().enviados == 5


@so_sandbox
@pytest.mark.parametrize("data", [False, True])
def test_retry_after_is_a_floor_in_both_forms(harness: FhirHarness, server: FhirServer, data: bool) -> None:
    harness.observe(1)
    server.falhas(parcela_429=1.0, vezes=1, retry_after=1, retry_after_data=data)
    start = time.monotonic()
    assert harness.send().enviados == 1
    assert time.monotonic() - start >= 1


@so_sandbox
def test_an_accepted_request_is_followed_to_its_end(harness: FhirHarness, server: FhirServer) -> None:
    harness.observe(3)
    server.falhas(parcela_202=1.0, so_metodo="POST")
    assert harness.send().enviados == 3
    check_nothing_lost_nothing_doubled(harness, 3)


@so_sandbox
def test_a_page_of_a_proxy_is_no_success(harness: FhirHarness, server: FhirServer) -> None:
    harness.observe(2)
    server.falhas(parcela_html=1.0, vezes=2)
    assert harness.send().enviados == 2


@so_sandbox
def test_a_revoked_token_is_renewed_once_and_the_run_goes_on(harness: FhirHarness, server: FhirServer) -> None:
    harness.observe(2)
    harness.send()
    server.revoke_tokens()
    harness.observe(2)
    assert harness.send().enviados == 2


@so_sandbox
@pytest.mark.parametrize("tipo", ["basic", "apikey", "oauth2"])
def test_wrong_credentials_dead_letter_nothing(harness: FhirHarness, server: FhirServer, tipo: str) -> None:
    secret = {"basic": "password", "apikey": "apiKey", "oauth2": "clientSecret"}[tipo]
    harness.configure(**server.acesso(tipo, **{secret: "outro"}))
    harness.observe(2)
    with pytest.raises(FhirUnauthorized):
        harness.send()
    assert (harness.dead_letters_of(), harness.pending_ones()) == ([], 2)
    assert "credenciais recusadas" in harness.sql("select last_error from fhir_integration_configs")[0][0]
    harness.configure(**server.acesso(tipo))
    assert harness.send().enviados == 2


def of_hospital(harness: FhirHarness, obs_id: str) -> None:
    """An observation of another patient, made past us, with the identifier of ours."""
    other = harness.hospital("POST", "Patient", {"resourceType": "Patient", "active": True})
    system = harness.client().config.metadata.observation_system
    harness.hospital("POST", "Observation", pulse(other["id"], 70) | {"identifier": [{"system": system, "value": obs_id}]})


def test_several_matches_of_one_identifier_are_a_dead_letter(harness: FhirHarness) -> None:
    [obs_id] = harness.observe()
    for _ in range(2):
        of_hospital(harness, obs_id)
    harness.send()
    assert harness.dead_letters_of() == ["servidor FHIR recusou Observation: HTTP 412 (multiple-matches)"]


def test_a_systemic_refusal_ends_the_run_and_leaves_the_rest_pending(harness: FhirHarness) -> None:
    harness.configure(metadata={"bundleSize": 10, "concurrency": 2})
    harness.observe(50)
    harness.sql("update observations set type = 'nada'")
    with pytest.raises(TooManyErrors):
        harness.send()
    assert len(harness.dead_letters_of()) == 20


def test_one_patient_is_made_once_for_all_their_observations(harness: FhirHarness) -> None:
    harness.observe(12)
    harness.sql('update observations set "patientId" = (select min(id) from patients)')
    harness.send()
    assert len(harness.no_ehr("Patient")) == 1


def test_tenants_see_nothing_of_each_other(database: str, tmp_path: Path, server: FhirServer | None) -> None:
    with closing(FhirHarness(database, tmp_path, server, tenants=2)) as harness:
        a, b = (t.id for t in harness.tenants)
        harness.observe(3, a)
        harness.observe(4, b)
        assert harness.send(a).enviados == 3
        assert (harness.pending_ones(a), harness.pending_ones(b)) == (0, 4)
        assert harness.send(b, harness.observe(1, a)).enviados == 0  # Another tenant's record is none of b's.


@so_sandbox
def test_an_edit_during_the_flight_is_sent_too(harness: FhirHarness, server: FhirServer) -> None:
    [obs_id] = harness.observe()
    server.falhas(atraso_ms=400)
    dag_run = threading.Thread(target=harness.send)
    dag_run.start()
    time.sleep(1.0)
    harness.edit(obs_id)
    dag_run.join()
    server.clear_faults()
    harness.send()
    [resource] = harness.no_ehr()
    assert (resource["status"], harness.pending_ones()) == ("amended", 0)


def test_two_workers_share_the_queue_and_double_nothing(harness: FhirHarness) -> None:
    harness.observe(60)
    running = [threading.Thread(target=harness.send, kwargs={"owner": f"t{n}#1|"}) for n in range(3)]
    for dag_run in running:
        dag_run.start()
    for dag_run in running:
        dag_run.join()
    check_nothing_lost_nothing_doubled(harness, 60)


def test_an_identifier_that_names_another_patients_observation_is_a_dead_letter(harness: FhirHarness) -> None:
    [obs_id] = harness.observe()
    of_hospital(harness, obs_id)
    harness.send()
    assert harness.dead_letters_of() == ["subject: o identificador desta observação é de outro paciente no servidor FHIR"]


def test_one_that_moves_to_another_patient_moves_in_the_ehr(harness: FhirHarness) -> None:
    [obs_id] = harness.observe(1)
    harness.send()
    harness.sql(
        'update observations set "patientId" = (select min(id) from patients where id <> "patientId"), "syncedToEHR" = false where id = %s',
        obs_id,
    )
    harness.send()
    [(paciente,)] = harness.sql('select p."ehrPatientId" from observations o join patients p on p.id = o."patientId"')
    [resource] = harness.no_ehr()
    assert (resource["subject"]["reference"], harness.pending_ones()) == (f"Patient/{paciente}", 0)


def test_one_that_the_ehr_gave_to_another_patient_is_left_to_people(harness: FhirHarness) -> None:
    [obs_id] = harness.observe(1)
    harness.send()
    [resource] = harness.no_ehr()
    other = harness.hospital("POST", "Patient", {"resourceType": "Patient", "active": True})["id"]
    harness.hospital("PUT", f"Observation/{resource['id']}", resource | {"subject": {"reference": f"Patient/{other}"}})
    harness.edit(obs_id)
    harness.send()
    assert harness.dead_letters_of() == ["subject: a observação está em outro paciente no servidor FHIR"]


@so_sandbox
def test_a_document_of_somebody_born_on_another_day_is_not_this_patients(harness: FhirHarness, server: FhirServer) -> None:
    [(cpf,)] = harness.sql("select max(cpf) from patients")
    system = "http://rnds.saude.gov.br/fhir/r4/NamingSystem/cpf"
    mother = {"resourceType": "Patient", "identifier": [{"system": system, "value": cpf}], "birthDate": "1901-02-03"}
    server.fhir("POST", "Patient", mother)
    harness.observe(2)
    harness.sql('update observations set "patientId" = (select id from patients where cpf = %s)', cpf)
    harness.send()
    assert harness.dead_letters_of() == ["birthDate: o documento é de pessoa com outra data de nascimento no servidor FHIR"] * 2


@so_sandbox
def test_two_batches_that_meet_a_new_patient_at_once_make_them_once(harness: FhirHarness, server: FhirServer) -> None:
    async def concurrent(person: Person) -> None:
        async with harness.client() as client:
            persons = EhrPatients(repository, client)
            assert len(set(await asyncio.gather(*(persons.ensure(person) for _ in range(3))))) == 1

    repository = Repository(harness.engine, harness.tenant)
    [(paciente,)] = harness.sql("select min(id) from patients")
    person = repository.person(paciente)
    assert person is not None
    server.falhas(atraso_ms=50)
    asyncio.run(concurrent(person))
    assert server.falhas()["pedidos"]["POST"] == 1


@so_sandbox
@pytest.mark.parametrize("column", ["effectiveAt", "birthDate"])
def test_a_year_that_nobody_meant_holds_nobody_else(harness: FhirHarness, column: str) -> None:
    bad, *_ = harness.observe(4)
    table, where = (
        ("observations", "id = %s")
        if column == "effectiveAt"
        else ("patients", 'id = (select "patientId" from observations where id = %s)')
    )
    harness.sql(f"update {table} set \"{column}\" = '20260-01-02' where {where}", bad)
    harness.send()
    assert harness.dead_letters_of() == (["effectiveAt: data fora do intervalo possível"] if column == "effectiveAt" else [])
    assert harness.pending_ones() == len(harness.dead_letters_of())


@so_sandbox
def test_a_record_that_the_server_cannot_digest_is_no_outage(harness: FhirHarness, server: FhirServer) -> None:
    harness.configure(metadata={"bundle": "none", "bundleSize": 2, "concurrency": 1})
    all_of_them = sorted(harness.observe(6))
    harness.send()
    [(bad,)] = harness.sql('select "fhirResourceId" from observations where id = %s', all_of_them[0])
    for obs_id in all_of_them:
        harness.edit(obs_id)
    server.falhas(parcela_500=1.0, so_metodo="PUT", so_rota=f"Observation/{bad}")
    assert (harness.send().enviados, harness.pending_ones()) == (5, 1)
    assert harness.dead_letters_of() == ["servidor FHIR indisponível em Observation: HTTP 500 após 4 tentativa(s)"]


@so_sandbox
def test_a_server_that_is_down_is_not_asked_for_each_patient(harness: FhirHarness, server: FhirServer) -> None:
    harness.configure(maxRetries=1, metadata={"concurrency": 1})
    for paciente, obs_id in zip(harness.sql("select id from patients order by id"), harness.observe(3), strict=True):
        harness.sql('update observations set "patientId" = %s where id = %s', paciente[0], obs_id)
    server.falhas(parcela_503=1.0)
    with pytest.raises(FhirUnavailable):
        harness.send()
    assert server.falhas()["pedidos"]["POST"] == 2


@so_sandbox
def test_a_run_that_broke_off_is_no_success(harness: FhirHarness) -> None:
    harness.observe(1)
    harness.sql("drop table fhir_resources")
    with pytest.raises(SQLAlchemyError):
        harness.send()
    assert harness.sql("select last_sync_at, last_error from fhir_integration_configs") == [
        (None, "envio: execução interrompida (ProgrammingError)")
    ]


@so_sandbox
def test_an_error_of_one_direction_stays_until_that_direction_succeeds(harness: FhirHarness, server: FhirServer) -> None:
    harness.observe(1)
    harness.send()
    server.falhas(parcela_503=1.0, so_metodo="GET")
    with pytest.raises(FhirUnavailable):
        harness.look_up()
    query = "select last_error from fhir_integration_configs"
    harness.send()
    assert "busca: servidor FHIR indisponível" in harness.sql(query)[0][0]
    server.clear_faults()
    harness.look_up()
    assert harness.sql(query) == [(None,)]


@so_sandbox
def test_a_note_of_the_ehr_that_the_database_does_not_take_holds_nobody(harness: FhirHarness) -> None:
    all_of_them = harness.observe(3)
    harness.send()
    resource = next(r for r in harness.no_ehr() if r["identifier"][0]["value"] == all_of_them[0])
    harness.hospital("PUT", f"Observation/{resource['id']}", resource | {"note": [{"text": "a\x00"}]})
    for _ in range(2):
        for obs_id in all_of_them:
            harness.edit(obs_id)
        assert (harness.send().enviados, harness.dead_letters_of()) == (3, [])
    assert sum("note" in r for r in harness.no_ehr()) == 1


def test_one_of_another_tenants_patient_is_a_dead_letter_and_the_run_ends(database: str, tmp_path: Path, server: FhirServer | None) -> None:
    with closing(FhirHarness(database, tmp_path, server, tenants=2)) as harness:
        harness.observe(2)
        other = 'select min(id) from patients where "tenantId" <> %s'
        harness.sql(f'update observations set "patientId" = ({other}) where id = (select min(id) from observations)', harness.tenant)
        assert harness.send().enviados == 1
        assert harness.dead_letters_of() == ["patientId: o paciente da observação não é deste tenant"]


def test_an_empty_ehr_id_is_none(harness: FhirHarness) -> None:
    harness.observe(2)
    harness.sql('update patients set "ehrPatientId" = %s where id in (select "patientId" from observations)', "")
    assert harness.send().enviados == 2
    assert "Patient/" not in {r["subject"]["reference"] for r in harness.no_ehr()}


@so_sandbox
@pytest.mark.parametrize("bundle", ["batch", "transaction"])
def test_a_bundle_that_the_server_cannot_digest_goes_record_by_record(harness: FhirHarness, server: FhirServer, bundle: str) -> None:
    harness.configure(metadata={"bundle": bundle})
    harness.observe(5)
    server.falhas(parcela_500=1.0, so_metodo="POST", so_rota="fhir")
    assert (harness.send().enviados, harness.dead_letters_of()) == (5, [])


@so_sandbox
def test_a_bundle_that_fails_because_the_server_does_is_not_sent_record_by_record(harness: FhirHarness, server: FhirServer) -> None:
    harness.configure(maxRetries=0)
    harness.observe(6)
    harness.send()
    harness.sql('delete from patients where "ehrPatientId" is null')  # None has to be made first.
    harness.observe(6)
    server.falhas(parcela_500=1.0, so_metodo="POST")
    with pytest.raises(FhirUnavailable):
        harness.send()
    assert (server.falhas()["pedidos"]["POST"], len(harness.dead_letters_of())) == (4, 6)


def test_one_that_the_ehr_annulled_is_not_revived_by_an_edit(harness: FhirHarness) -> None:
    [obs_id] = harness.observe(1)
    harness.send()
    [resource] = harness.no_ehr()
    harness.hospital("PUT", f"Observation/{resource['id']}", resource | {"status": "entered-in-error"})
    harness.edit(obs_id)
    for _ in range(2):
        assert harness.look_up().motivos == {"status: foi anulada no servidor FHIR e editada na plataforma": 1}
        harness.send()
    assert harness.dead_letters_of() == ["status: foi anulada no servidor FHIR e editada na plataforma"] * 2  # One of each direction.
    harness.sql("update observations set status = 'entered-in-error', \"updatedAt\" = now()")
    harness.send()
    assert (harness.look_up().falhas, harness.dead_letters_of(), harness.pending_ones()) == (0, [], 0)


@so_sandbox
def test_whom_a_document_found_is_asked_where_the_answer_does_not_tell(harness: FhirHarness, httpserver: HTTPServer) -> None:
    mother, outcome = {"resourceType": "Patient", "id": "m", "birthDate": "1901-02-03"}, {"resourceType": "OperationOutcome"}
    where = {"Location": httpserver.url_for("/fhir/Patient/m/_history/1")}
    httpserver.expect_request("/fhir/Patient", method="POST").respond_with_json(outcome, headers=where)
    httpserver.expect_request("/fhir/Patient/m", method="GET").respond_with_json(mother)
    harness.configure(baseUrl=httpserver.url_for("/fhir"), authType="apikey", authConfig={"apiKey": "x"})
    harness.observe(1)
    harness.send()
    assert harness.dead_letters_of() == ["birthDate: o documento é de pessoa com outra data de nascimento no servidor FHIR"]


@so_sandbox
def test_an_id_given_out_twice_is_one_records_fault(harness: FhirHarness, httpserver: HTTPServer) -> None:
    harness.sql("update patients set \"ehrPatientId\" = 'p' || id")
    harness.configure(
        baseUrl=httpserver.url_for("/fhir"), authType="apikey", authConfig={"apiKey": "x"}, metadata={"bundle": "none", "concurrency": 1}
    )
    for resource_id in ("1", "1", "2"):
        criada = {"resourceType": "Observation", "id": resource_id}
        httpserver.expect_ordered_request("/fhir/Observation", method="POST").respond_with_json(criada, status=201)
    harness.observe(3)
    assert (harness.send().enviados, harness.pending_ones()) == (2, 1)
    assert harness.dead_letters_of() == ["fhirResourceId: o servidor FHIR deu o id de outra observação"]


@so_sandbox
def test_another_server_is_taken_only_without_links_to_the_old_one(harness: FhirHarness) -> None:
    harness.observe(2)
    harness.send()
    other = {"baseUrl": "https://outro.example.com/fhir", "authType": "apikey", "authConfig": {"apiKey": "x"}}
    with pytest.raises(InvalidConfiguration, match="vinculados"):
        harness.configurations.write(harness.tenant, other, "x", partial=True)
    block = (ROOT / "docs/fhir.md").read_text(encoding="utf-8").partition("```sql")[2].partition("```")[0]
    harness.sql(block.replace("<id>", harness.tenant))
    harness.configurations.write(harness.tenant, other, "x", partial=True)
    harness.configure()
    assert (harness.pending_ones(), harness.send().enviados, len(harness.no_ehr())) == (2, 2, 2)
