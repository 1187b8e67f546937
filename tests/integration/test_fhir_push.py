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

from include.fusion.delivery.result import MuitosErros
from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.fhir.http.errors import FhirIndisponivel, FhirNaoAutorizado
from include.fusion.fhir.platform.repository import Repositorio
from include.fusion.fhir.platform.tables import fila_de
from include.fusion.fhir.push import due_tenants
from include.fusion.fhir.push.patients import Pessoas
from include.fusion.wiring.fhir_names import reenviar_de_falhas_passageiras
from sandbox.fhir.servidor import ServidorFhir
from sandbox.origens.plataforma.ehr import pulso
from tests.integration.fhir_apoio import EXTERNO, BancadaFhir, so_sandbox

RAIZ = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def servidor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServidorFhir | None]:
    if EXTERNO:
        yield None
        return
    feito = ServidorFhir(tmp_path_factory.mktemp("fhir")).iniciar()
    yield feito
    feito.parar()


@pytest.fixture
def bancada(banco: str, tmp_path: Path, servidor: ServidorFhir | None) -> Iterator[BancadaFhir]:
    if servidor is not None:
        servidor.limpar_falhas()
    feita = BancadaFhir(banco, tmp_path, servidor)
    yield feita
    feita.fechar()


def conferir_nada_perdido_nada_dobrado(bancada: BancadaFhir, quantas: int) -> None:
    assert (bancada.pendentes(), len(bancada.no_ehr())) == (0, quantas)
    nossos = {f for (f,) in bancada.sql('select "fhirResourceId" from observations')}
    assert {r["id"] for r in bancada.no_ehr()} == nossos


@pytest.mark.parametrize("bundle", ["batch", "transaction", "none"])
def test_observations_arrive_with_their_patients_and_the_platform_learns_the_ids(bancada: BancadaFhir, bundle: str) -> None:
    bancada.configurar(metadata={"bundle": bundle, "bundleSize": 4})
    bancada.observar(10)
    assert (bancada.enviar().enviados, bancada.mortas()) == (10, [])
    conferir_nada_perdido_nada_dobrado(bancada, 10)
    [(sincronia, erro)] = bancada.sql("select last_sync_at, last_error from fhir_integration_configs")
    assert sincronia is not None and erro is None


def test_a_second_run_sends_nothing(bancada: BancadaFhir) -> None:
    bancada.observar(3)
    assert (bancada.enviar().enviados, bancada.enviar().enviados) == (3, 0)


def test_an_edit_updates_the_same_resource_and_keeps_what_the_ehr_added(bancada: BancadaFhir) -> None:
    [obs_id] = bancada.observar()
    bancada.enviar()
    [recurso] = bancada.no_ehr()
    nota = {**recurso, "note": [{"text": "conferido"}], "bodySite": {"text": "braço"}}
    bancada.hospital("PUT", f"Observation/{recurso['id']}", nota)  # The version that we know is now the one before.
    bancada.editar(obs_id)
    assert bancada.enviar().enviados == 1
    [depois] = bancada.no_ehr()
    assert (depois["id"], depois["status"], depois["note"]) == (recurso["id"], "amended", [{"text": "conferido"}])


@so_sandbox
@pytest.mark.parametrize("bundle", ["batch", "none"])
def test_a_lost_answer_doubles_nothing(bancada: BancadaFhir, servidor: ServidorFhir, bundle: str) -> None:
    bancada.configurar(metadata={"bundle": bundle})
    bancada.observar(6)
    servidor.falhas(parcela_reset=1.0, so_metodo="POST", vezes=2)
    bancada.enviar()
    conferir_nada_perdido_nada_dobrado(bancada, 6)


@so_sandbox
def test_an_edit_after_a_lost_answer_still_arrives(bancada: BancadaFhir, servidor: ServidorFhir) -> None:
    bancada.configurar(maxRetries=0)
    [primeira] = bancada.observar()
    bancada.enviar()
    [obs_id] = bancada.observar()
    bancada.sql('update observations set "patientId" = (select "patientId" from observations where id = %s)', primeira)
    servidor.falhas(parcela_reset=1.0, vezes=1)
    with pytest.raises(FhirIndisponivel):
        bancada.enviar()
    bancada.editar(obs_id)
    bancada.enviar()
    assert sorted(r["status"] for r in bancada.no_ehr()) == ["amended", "final"]


@so_sandbox
def test_entries_that_fail_inside_a_200_travel_again_alone(bancada: BancadaFhir, servidor: ServidorFhir) -> None:
    bancada.observar(20)
    servidor.falhas(parcela_entrada=0.4)
    bancada.configurar(maxRetries=10)
    assert bancada.enviar().enviados == 20
    estado = servidor.falhas()
    assert estado["pedidos"]["entradas"] == 20 + estado["feitas"]["parcela_entrada"] > 20
    conferir_nada_perdido_nada_dobrado(bancada, 20)


@pytest.mark.parametrize("bundle", ["batch", "transaction", "none"])
def test_one_bad_record_goes_to_the_dead_letter_and_the_others_arrive(bancada: BancadaFhir, bundle: str) -> None:
    bancada.configurar(metadata={"bundle": bundle})
    ids = bancada.observar(5)
    bancada.sql("update observations set unit = 'kPa', type = 'temperature', value = 37 where id = %s", ids[0])
    assert bancada.enviar().enviados == 4
    assert bancada.mortas() == ["unit: unidade não serve para temperature, esperado Cel"]
    assert bancada.sql('select 1 from observations where not "syncedToEHR" and id = %s', ids[0])


def test_closed_rows_go_after_a_month_and_refused_ones_stay(bancada: BancadaFhir) -> None:
    ids = bancada.observar(2)
    bancada.sql("update observations set type = 'nada' where id = %s", ids[0])
    bancada.enviar()
    bancada.sql("update SincronizacaoFhir set concluido_em = concluido_em - interval '29 days'")
    assert due_tenants.limpar(bancada.engine) == 0
    bancada.sql("update SincronizacaoFhir set concluido_em = concluido_em - interval '2 days'")
    assert due_tenants.limpar(bancada.engine) == 1
    assert bancada.sql("select chave, situacao from SincronizacaoFhir") == [(ids[0], "erro")]


@so_sandbox
@pytest.mark.parametrize("bundle", ["batch", "transaction", "none"])
def test_a_422_names_the_element_and_stops_nobody_else(bancada: BancadaFhir, servidor: ServidorFhir, bundle: str) -> None:
    bancada.configurar(metadata={"bundle": bundle})
    bancada.observar(3)
    bancada.enviar()
    outra = bancada.observar(3)
    # A patient that the EHR no longer has: the reference leads nowhere.
    bancada.sql("insert into patients (id, \"tenantId\", name, \"ehrPatientId\") values ('p', %s, 'X', 'sumiu')", bancada.tenant)
    bancada.sql("update observations set \"patientId\" = 'p' where id = %s", outra[0])
    assert (bancada.enviar().enviados, bancada.mortas()) == (2, ["servidor FHIR recusou Observation: HTTP 422 (not-found)"])


def test_a_dead_letter_is_sent_again_after_the_record_was_mended(bancada: BancadaFhir) -> None:
    [obs_id] = bancada.observar()
    bancada.sql("update observations set type = 'temperature', value = null where id = %s", obs_id)
    bancada.enviar()
    assert bancada.mortas() == ["value: observação sem valor"]
    assert bancada.enviar().enviados == 0  # Not again by itself.
    bancada.sql('update observations set value = 37, "updatedAt" = clock_timestamp() where id = %s', obs_id)
    assert (bancada.enviar().enviados, bancada.mortas()) == (1, [])


def test_a_dead_letter_can_be_sent_by_hand(bancada: BancadaFhir) -> None:
    [obs_id] = bancada.observar()
    bancada.sql("update observations set type = 'temperature', value = null where id = %s", obs_id)
    bancada.enviar()
    bancada.sql("update observations set value = 37 where id = %s", obs_id)
    assert fila_de(bancada.engine, bancada.tenant).reenviar_erros(chaves=[obs_id]) == 1
    assert bancada.enviar().enviados == 1


@so_sandbox
def test_an_outage_takes_the_seeds_attempts_then_dead_letters_the_batch_and_spares_the_rest(
    bancada: BancadaFhir, servidor: ServidorFhir
) -> None:
    bancada.observar(4)
    bancada.enviar()
    servidor.falhas(parcela_503=1.0)
    bancada.configurar(maxRetries=3, metadata={"bundleSize": 2, "concurrency": 1})
    bancada.observar(5)
    bancada.sql('update observations set "patientId" = (select min("patientId") from observations where "syncedToEHR")')
    with pytest.raises(FhirIndisponivel):
        bancada.enviar()
    assert servidor.falhas()["pedidos"].get("POST") in (4, 5)  # 1 + maxRetries, and perhaps the token's.
    assert bancada.mortas() == ["servidor FHIR indisponível em Bundle: HTTP 503 após 4 tentativa(s)"] * 2
    servidor.limpar_falhas()
    assert reenviar_de_falhas_passageiras(bancada.engine, bancada.tenant) == 2
    assert bancada.enviar().enviados == 5


@so_sandbox
@pytest.mark.parametrize("data", [False, True])
def test_retry_after_is_a_floor_in_both_forms(bancada: BancadaFhir, servidor: ServidorFhir, data: bool) -> None:
    bancada.observar(1)
    servidor.falhas(parcela_429=1.0, vezes=1, retry_after=1, retry_after_data=data)
    inicio = time.monotonic()
    assert bancada.enviar().enviados == 1
    assert time.monotonic() - inicio >= 1


@so_sandbox
def test_an_accepted_request_is_followed_to_its_end(bancada: BancadaFhir, servidor: ServidorFhir) -> None:
    bancada.observar(3)
    servidor.falhas(parcela_202=1.0, so_metodo="POST")
    assert bancada.enviar().enviados == 3
    conferir_nada_perdido_nada_dobrado(bancada, 3)


@so_sandbox
def test_a_page_of_a_proxy_is_no_success(bancada: BancadaFhir, servidor: ServidorFhir) -> None:
    bancada.observar(2)
    servidor.falhas(parcela_html=1.0, vezes=2)
    assert bancada.enviar().enviados == 2


@so_sandbox
def test_a_revoked_token_is_renewed_once_and_the_run_goes_on(bancada: BancadaFhir, servidor: ServidorFhir) -> None:
    bancada.observar(2)
    bancada.enviar()
    servidor.revogar_tokens()
    bancada.observar(2)
    assert bancada.enviar().enviados == 2


@so_sandbox
@pytest.mark.parametrize("tipo", ["basic", "apikey", "oauth2"])
def test_wrong_credentials_dead_letter_nothing(bancada: BancadaFhir, servidor: ServidorFhir, tipo: str) -> None:
    segredo = {"basic": "password", "apikey": "apiKey", "oauth2": "clientSecret"}[tipo]
    bancada.configurar(**servidor.acesso(tipo, **{segredo: "outro"}))
    bancada.observar(2)
    with pytest.raises(FhirNaoAutorizado):
        bancada.enviar()
    assert (bancada.mortas(), bancada.pendentes()) == ([], 2)
    assert "credenciais recusadas" in bancada.sql("select last_error from fhir_integration_configs")[0][0]
    bancada.configurar(**servidor.acesso(tipo))
    assert bancada.enviar().enviados == 2


def do_hospital(bancada: BancadaFhir, obs_id: str) -> None:
    """An observation of another patient, made past us, with the identifier of ours."""
    outro = bancada.hospital("POST", "Patient", {"resourceType": "Patient", "active": True})
    sistema = bancada.cliente().config.metadata.observation_system
    bancada.hospital("POST", "Observation", pulso(outro["id"], 70) | {"identifier": [{"system": sistema, "value": obs_id}]})


def test_several_matches_of_one_identifier_are_a_dead_letter(bancada: BancadaFhir) -> None:
    [obs_id] = bancada.observar()
    for _ in range(2):
        do_hospital(bancada, obs_id)
    bancada.enviar()
    assert bancada.mortas() == ["servidor FHIR recusou Observation: HTTP 412 (multiple-matches)"]


def test_a_systemic_refusal_ends_the_run_and_leaves_the_rest_pending(bancada: BancadaFhir) -> None:
    bancada.configurar(metadata={"bundleSize": 10, "concurrency": 2})
    bancada.observar(50)
    bancada.sql("update observations set type = 'nada'")
    with pytest.raises(MuitosErros):
        bancada.enviar()
    assert len(bancada.mortas()) == 20


def test_one_patient_is_made_once_for_all_their_observations(bancada: BancadaFhir) -> None:
    bancada.observar(12)
    bancada.sql('update observations set "patientId" = (select min(id) from patients)')
    bancada.enviar()
    assert len(bancada.no_ehr("Patient")) == 1


def test_tenants_see_nothing_of_each_other(banco: str, tmp_path: Path, servidor: ServidorFhir | None) -> None:
    with closing(BancadaFhir(banco, tmp_path, servidor, tenants=2)) as bancada:
        a, b = (t.id for t in bancada.tenants)
        bancada.observar(3, a)
        bancada.observar(4, b)
        assert bancada.enviar(a).enviados == 3
        assert (bancada.pendentes(a), bancada.pendentes(b)) == (0, 4)
        assert bancada.enviar(b, bancada.observar(1, a)).enviados == 0  # Another tenant's record is none of b's.


@so_sandbox
def test_an_edit_during_the_flight_is_sent_too(bancada: BancadaFhir, servidor: ServidorFhir) -> None:
    [obs_id] = bancada.observar()
    servidor.falhas(atraso_ms=400)
    corrida = threading.Thread(target=bancada.enviar)
    corrida.start()
    time.sleep(1.0)
    bancada.editar(obs_id)
    corrida.join()
    servidor.limpar_falhas()
    bancada.enviar()
    [recurso] = bancada.no_ehr()
    assert (recurso["status"], bancada.pendentes()) == ("amended", 0)


def test_two_workers_share_the_queue_and_double_nothing(bancada: BancadaFhir) -> None:
    bancada.observar(60)
    correm = [threading.Thread(target=bancada.enviar, kwargs={"dono": f"t{n}#1|"}) for n in range(3)]
    for corrida in correm:
        corrida.start()
    for corrida in correm:
        corrida.join()
    conferir_nada_perdido_nada_dobrado(bancada, 60)


def test_an_identifier_that_names_another_patients_observation_is_a_dead_letter(bancada: BancadaFhir) -> None:
    [obs_id] = bancada.observar()
    do_hospital(bancada, obs_id)
    bancada.enviar()
    assert bancada.mortas() == ["subject: o identificador desta observação é de outro paciente no servidor FHIR"]


def test_one_that_moves_to_another_patient_moves_in_the_ehr(bancada: BancadaFhir) -> None:
    [obs_id] = bancada.observar(1)
    bancada.enviar()
    bancada.sql(
        'update observations set "patientId" = (select min(id) from patients where id <> "patientId"), "syncedToEHR" = false where id = %s',
        obs_id,
    )
    bancada.enviar()
    [(paciente,)] = bancada.sql('select p."ehrPatientId" from observations o join patients p on p.id = o."patientId"')
    [recurso] = bancada.no_ehr()
    assert (recurso["subject"]["reference"], bancada.pendentes()) == (f"Patient/{paciente}", 0)


def test_one_that_the_ehr_gave_to_another_patient_is_left_to_people(bancada: BancadaFhir) -> None:
    [obs_id] = bancada.observar(1)
    bancada.enviar()
    [recurso] = bancada.no_ehr()
    outro = bancada.hospital("POST", "Patient", {"resourceType": "Patient", "active": True})["id"]
    bancada.hospital("PUT", f"Observation/{recurso['id']}", recurso | {"subject": {"reference": f"Patient/{outro}"}})
    bancada.editar(obs_id)
    bancada.enviar()
    assert bancada.mortas() == ["subject: a observação está em outro paciente no servidor FHIR"]


@so_sandbox
def test_a_document_of_somebody_born_on_another_day_is_not_this_patients(bancada: BancadaFhir, servidor: ServidorFhir) -> None:
    [(cpf,)] = bancada.sql("select max(cpf) from patients")
    sistema = "http://rnds.saude.gov.br/fhir/r4/NamingSystem/cpf"
    mae = {"resourceType": "Patient", "identifier": [{"system": sistema, "value": cpf}], "birthDate": "1901-02-03"}
    servidor.fhir("POST", "Patient", mae)
    bancada.observar(2)
    bancada.sql('update observations set "patientId" = (select id from patients where cpf = %s)', cpf)
    bancada.enviar()
    assert bancada.mortas() == ["birthDate: o documento é de pessoa com outra data de nascimento no servidor FHIR"] * 2


@so_sandbox
def test_two_batches_that_meet_a_new_patient_at_once_make_them_once(bancada: BancadaFhir, servidor: ServidorFhir) -> None:
    async def juntos() -> None:
        async with bancada.cliente() as cliente:
            pessoas = Pessoas(repositorio, cliente)
            assert len(set(await asyncio.gather(*(pessoas.garantir(pessoa) for _ in range(3))))) == 1

    repositorio = Repositorio(bancada.engine, bancada.tenant)
    [(paciente,)] = bancada.sql("select min(id) from patients")
    pessoa = repositorio.pessoa(paciente)
    assert pessoa is not None
    servidor.falhas(atraso_ms=50)
    asyncio.run(juntos())
    assert servidor.falhas()["pedidos"]["POST"] == 1


@so_sandbox
@pytest.mark.parametrize("coluna", ["effectiveAt", "birthDate"])
def test_a_year_that_nobody_meant_holds_nobody_else(bancada: BancadaFhir, coluna: str) -> None:
    ruim, *_ = bancada.observar(4)
    tabela, onde = (
        ("observations", "id = %s")
        if coluna == "effectiveAt"
        else ("patients", 'id = (select "patientId" from observations where id = %s)')
    )
    bancada.sql(f"update {tabela} set \"{coluna}\" = '20260-01-02' where {onde}", ruim)
    bancada.enviar()
    assert bancada.mortas() == (["effectiveAt: data fora do intervalo possível"] if coluna == "effectiveAt" else [])
    assert bancada.pendentes() == len(bancada.mortas())


@so_sandbox
def test_a_record_that_the_server_cannot_digest_is_no_outage(bancada: BancadaFhir, servidor: ServidorFhir) -> None:
    bancada.configurar(metadata={"bundle": "none", "bundleSize": 2, "concurrency": 1})
    todas = sorted(bancada.observar(6))
    bancada.enviar()
    [(ruim,)] = bancada.sql('select "fhirResourceId" from observations where id = %s', todas[0])
    for obs_id in todas:
        bancada.editar(obs_id)
    servidor.falhas(parcela_500=1.0, so_metodo="PUT", so_rota=f"Observation/{ruim}")
    assert (bancada.enviar().enviados, bancada.pendentes()) == (5, 1)
    assert bancada.mortas() == ["servidor FHIR indisponível em Observation: HTTP 500 após 4 tentativa(s)"]


@so_sandbox
def test_a_server_that_is_down_is_not_asked_for_each_patient(bancada: BancadaFhir, servidor: ServidorFhir) -> None:
    bancada.configurar(maxRetries=1, metadata={"concurrency": 1})
    for paciente, obs_id in zip(bancada.sql("select id from patients order by id"), bancada.observar(3), strict=True):
        bancada.sql('update observations set "patientId" = %s where id = %s', paciente[0], obs_id)
    servidor.falhas(parcela_503=1.0)
    with pytest.raises(FhirIndisponivel):
        bancada.enviar()
    assert servidor.falhas()["pedidos"]["POST"] == 2


@so_sandbox
def test_a_run_that_broke_off_is_no_success(bancada: BancadaFhir) -> None:
    bancada.observar(1)
    bancada.sql("drop table fhir_resources")
    with pytest.raises(SQLAlchemyError):
        bancada.enviar()
    assert bancada.sql("select last_sync_at, last_error from fhir_integration_configs") == [
        (None, "envio: execução interrompida (ProgrammingError)")
    ]


@so_sandbox
def test_an_error_of_one_direction_stays_until_that_direction_succeeds(bancada: BancadaFhir, servidor: ServidorFhir) -> None:
    bancada.observar(1)
    bancada.enviar()
    servidor.falhas(parcela_503=1.0, so_metodo="GET")
    with pytest.raises(FhirIndisponivel):
        bancada.buscar()
    consulta = "select last_error from fhir_integration_configs"
    bancada.enviar()
    assert "busca: servidor FHIR indisponível" in bancada.sql(consulta)[0][0]
    servidor.limpar_falhas()
    bancada.buscar()
    assert bancada.sql(consulta) == [(None,)]


@so_sandbox
def test_a_note_of_the_ehr_that_the_database_does_not_take_holds_nobody(bancada: BancadaFhir) -> None:
    todas = bancada.observar(3)
    bancada.enviar()
    recurso = next(r for r in bancada.no_ehr() if r["identifier"][0]["value"] == todas[0])
    bancada.hospital("PUT", f"Observation/{recurso['id']}", recurso | {"note": [{"text": "a\x00"}]})
    for _ in range(2):
        for obs_id in todas:
            bancada.editar(obs_id)
        assert (bancada.enviar().enviados, bancada.mortas()) == (3, [])
    assert sum("note" in r for r in bancada.no_ehr()) == 1


def test_one_of_another_tenants_patient_is_a_dead_letter_and_the_run_ends(
    banco: str, tmp_path: Path, servidor: ServidorFhir | None
) -> None:
    with closing(BancadaFhir(banco, tmp_path, servidor, tenants=2)) as bancada:
        bancada.observar(2)
        outro = 'select min(id) from patients where "tenantId" <> %s'
        bancada.sql(f'update observations set "patientId" = ({outro}) where id = (select min(id) from observations)', bancada.tenant)
        assert bancada.enviar().enviados == 1
        assert bancada.mortas() == ["patientId: o paciente da observação não é deste tenant"]


def test_an_empty_ehr_id_is_none(bancada: BancadaFhir) -> None:
    bancada.observar(2)
    bancada.sql('update patients set "ehrPatientId" = %s where id in (select "patientId" from observations)', "")
    assert bancada.enviar().enviados == 2
    assert "Patient/" not in {r["subject"]["reference"] for r in bancada.no_ehr()}


@so_sandbox
@pytest.mark.parametrize("bundle", ["batch", "transaction"])
def test_a_bundle_that_the_server_cannot_digest_goes_record_by_record(bancada: BancadaFhir, servidor: ServidorFhir, bundle: str) -> None:
    bancada.configurar(metadata={"bundle": bundle})
    bancada.observar(5)
    servidor.falhas(parcela_500=1.0, so_metodo="POST", so_rota="fhir")
    assert (bancada.enviar().enviados, bancada.mortas()) == (5, [])


@so_sandbox
def test_a_bundle_that_fails_because_the_server_does_is_not_sent_record_by_record(bancada: BancadaFhir, servidor: ServidorFhir) -> None:
    bancada.configurar(maxRetries=0)
    bancada.observar(6)
    bancada.enviar()
    bancada.sql('delete from patients where "ehrPatientId" is null')  # None has to be made first.
    bancada.observar(6)
    servidor.falhas(parcela_500=1.0, so_metodo="POST")
    with pytest.raises(FhirIndisponivel):
        bancada.enviar()
    assert (servidor.falhas()["pedidos"]["POST"], len(bancada.mortas())) == (4, 6)


def test_one_that_the_ehr_annulled_is_not_revived_by_an_edit(bancada: BancadaFhir) -> None:
    [obs_id] = bancada.observar(1)
    bancada.enviar()
    [recurso] = bancada.no_ehr()
    bancada.hospital("PUT", f"Observation/{recurso['id']}", recurso | {"status": "entered-in-error"})
    bancada.editar(obs_id)
    for _ in range(2):
        assert bancada.buscar().motivos == {"status: foi anulada no servidor FHIR e editada na plataforma": 1}
        bancada.enviar()
    assert bancada.mortas() == ["status: foi anulada no servidor FHIR e editada na plataforma"] * 2  # One of each direction.
    bancada.sql("update observations set status = 'entered-in-error', \"updatedAt\" = now()")
    bancada.enviar()
    assert (bancada.buscar().falhas, bancada.mortas(), bancada.pendentes()) == (0, [], 0)


@so_sandbox
def test_whom_a_document_found_is_asked_where_the_answer_does_not_tell(bancada: BancadaFhir, httpserver: HTTPServer) -> None:
    mae, desfecho = {"resourceType": "Patient", "id": "m", "birthDate": "1901-02-03"}, {"resourceType": "OperationOutcome"}
    onde = {"Location": httpserver.url_for("/fhir/Patient/m/_history/1")}
    httpserver.expect_request("/fhir/Patient", method="POST").respond_with_json(desfecho, headers=onde)
    httpserver.expect_request("/fhir/Patient/m", method="GET").respond_with_json(mae)
    bancada.configurar(baseUrl=httpserver.url_for("/fhir"), authType="apikey", authConfig={"apiKey": "x"})
    bancada.observar(1)
    bancada.enviar()
    assert bancada.mortas() == ["birthDate: o documento é de pessoa com outra data de nascimento no servidor FHIR"]


@so_sandbox
def test_an_id_given_out_twice_is_one_records_fault(bancada: BancadaFhir, httpserver: HTTPServer) -> None:
    bancada.sql("update patients set \"ehrPatientId\" = 'p' || id")
    bancada.configurar(
        baseUrl=httpserver.url_for("/fhir"), authType="apikey", authConfig={"apiKey": "x"}, metadata={"bundle": "none", "concurrency": 1}
    )
    for recurso_id in ("1", "1", "2"):
        criada = {"resourceType": "Observation", "id": recurso_id}
        httpserver.expect_ordered_request("/fhir/Observation", method="POST").respond_with_json(criada, status=201)
    bancada.observar(3)
    assert (bancada.enviar().enviados, bancada.pendentes()) == (2, 1)
    assert bancada.mortas() == ["fhirResourceId: o servidor FHIR deu o id de outra observação"]


@so_sandbox
def test_another_server_is_taken_only_without_links_to_the_old_one(bancada: BancadaFhir) -> None:
    bancada.observar(2)
    bancada.enviar()
    outro = {"baseUrl": "https://outro.example.com/fhir", "authType": "apikey", "authConfig": {"apiKey": "x"}}
    with pytest.raises(ConfiguracaoInvalida, match="vinculados"):
        bancada.configuracoes.gravar(bancada.tenant, outro, "x", parcial=True)
    bloco = (RAIZ / "docs/fhir.md").read_text(encoding="utf-8").partition("```sql")[2].partition("```")[0]
    bancada.sql(bloco.replace("<id>", bancada.tenant))
    bancada.configuracoes.gravar(bancada.tenant, outro, "x", parcial=True)
    bancada.configurar()
    assert (bancada.pendentes(), bancada.enviar().enviados, len(bancada.no_ehr())) == (2, 2, 2)
