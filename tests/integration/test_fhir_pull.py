"""Pull from a real FHIR server: new, changed, known; pages, markers, what is not ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from include.fusion.fhir.http.errors import FhirIndisponivel
from include.fusion.fhir.pull.pull import Busca
from sandbox.fhir.servidor import ServidorFhir
from sandbox.origens.plataforma.ehr import pulso
from tests.integration.fhir_apoio import EXTERNO, BancadaFhir, so_sandbox


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
    feita = BancadaFhir(banco, tmp_path, servidor, pacientes=1)
    ehr = feita.hospital("POST", "Patient", {"resourceType": "Patient", "active": True})["id"]
    feita.sql('update patients set "ehrPatientId" = %s', ehr)
    yield feita
    feita.fechar()


def medir(bancada: BancadaFhir, valor: float = 72, **mais: Any) -> dict[str, Any]:
    """The hospital writes down a heart rate."""
    [(ehr,)] = bancada.sql('select "ehrPatientId" from patients')
    corpo = {
        "resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{ehr}"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]}, "effectiveDateTime": "2026-01-02T03:04:05-03:00",
        "valueQuantity": {"value": valor, "unit": "bpm", "system": "http://unitsofmeasure.org", "code": "/min"}, **mais,
    }  # fmt: skip
    metodo, rota = ("PUT", f"Observation/{corpo['id']}") if "id" in corpo else ("POST", "Observation")
    return bancada.hospital(metodo, rota, corpo)


def test_a_new_observation_is_created_synchronised_and_with_its_resource(bancada: BancadaFhir) -> None:
    recurso = medir(bancada, extension=[{"url": "urn:x", "valueString": "do hospital"}])
    assert bancada.buscar().novas == 1
    consulta = 'select type, value, unit, source, "syncedToEHR", "fhirResourceId", "effectiveAt"::text from observations'
    assert bancada.sql(consulta) == [("heart_rate", 72, "/min", "ehr", True, recurso["id"], "2026-01-02 06:04:05+00")]
    assert bancada.sql("select recurso->'extension'->0->>'valueString' from fhir_resources") == [("do hospital",)]


def test_a_known_one_is_skipped_and_a_changed_one_updated(bancada: BancadaFhir) -> None:
    recurso = medir(bancada)
    bancada.buscar()
    assert (bancada.buscar().conhecidas, bancada.buscar().novas) == (1, 0)
    medir(bancada, 80, id=recurso["id"], status="amended")
    assert bancada.buscar().alteradas == 1
    assert bancada.sql("select value, status from observations") == [(80, "amended")]


def test_all_pages_are_followed(bancada: BancadaFhir) -> None:
    bancada.configurar(metadata={"pageSize": 2})
    for n in range(7):
        medir(bancada, 60 + n)
    assert bancada.buscar().novas == 7


def test_the_next_pull_begins_a_while_before_the_last_one_saw(bancada: BancadaFhir) -> None:
    medir(bancada)
    bancada.buscar()
    bancada.configurar(metadata={"overlapSeconds": 0})
    bancada.sql("update marca_dagua set marcador = '2100-01-01T00:00:00.000000+00:00'")
    assert bancada.buscar().conhecidas == 0
    bancada.configurar(metadata={"overlapSeconds": 86_400})
    bancada.sql("update marca_dagua set marcador = to_char(now() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US+00:00')")
    assert bancada.buscar().conhecidas == 1


def test_what_was_pushed_does_not_come_back_as_new(bancada: BancadaFhir) -> None:
    bancada.observar(3)
    bancada.enviar()
    resultado = bancada.buscar()
    assert (resultado.novas, resultado.alteradas, resultado.conhecidas) == (0, 0, 3)


@so_sandbox
def test_a_push_whose_answer_was_lost_does_not_come_back_as_new(bancada: BancadaFhir) -> None:
    assert bancada.servidor is not None
    bancada.configurar(maxRetries=0, metadata={"bundle": "none"})
    bancada.observar()
    bancada.servidor.falhas(parcela_reset=1.0, so_metodo="POST", vezes=2)
    for _ in range(2):  # The token's answer first, then the observation's.
        try:
            bancada.enviar()
        except FhirIndisponivel:
            pass
    bancada.buscar()
    assert bancada.sql("select count(*) from observations") == [(1,)]


def test_changed_on_both_sides_ours_goes_over_theirs_and_theirs_stays_beside_it(bancada: BancadaFhir) -> None:
    recurso = medir(bancada, note=[{"text": "a"}])
    bancada.buscar()
    [(obs_id,)] = bancada.sql("select id from observations")
    bancada.editar(obs_id)
    medir(bancada, 99, id=recurso["id"], note=[{"text": "b"}])
    assert bancada.buscar().conflitos == 1
    bancada.enviar()
    [depois] = bancada.no_ehr()
    assert depois["status"] == "amended" and 72 < depois["valueQuantity"]["value"] < 76 and depois["note"] == [{"text": "b"}]


def test_a_result_that_is_no_sign_of_ours_is_kept_as_other(bancada: BancadaFhir) -> None:
    medir(bancada, code={"coding": [{"system": "http://loinc.org", "code": "718-7"}]}, valueQuantity={"value": 13.5, "unit": "g/dL"})
    bancada.buscar()
    assert bancada.sql('select type, code, "codeSystem", value, unit from observations') == [
        ("other", "718-7", "http://loinc.org", pytest.approx(13.5), "g/dL")
    ]


@so_sandbox
def test_an_outage_leaves_the_marker_where_it_was(bancada: BancadaFhir) -> None:
    assert bancada.servidor is not None
    medir(bancada)
    bancada.servidor.falhas(parcela_503=1.0)
    with pytest.raises(FhirIndisponivel):
        bancada.buscar()
    bancada.servidor.limpar_falhas()
    assert bancada.buscar().novas == 1


@so_sandbox
def test_throttling_in_the_middle_of_the_pages_loses_none(bancada: BancadaFhir) -> None:
    assert bancada.servidor is not None
    bancada.configurar(metadata={"pageSize": 1}, maxRetries=10)
    for n in range(6):
        medir(bancada, 60 + n)
    bancada.servidor.falhas(parcela_429=0.3, so_metodo="GET")
    assert bancada.buscar().novas == 6


def test_one_that_the_ehr_moves_to_another_patient_moves_here(bancada: BancadaFhir) -> None:
    recurso = medir(bancada)
    bancada.buscar()
    certo = bancada.hospital("POST", "Patient", {"resourceType": "Patient", "active": True})["id"]
    bancada.sql("insert into patients (id, \"tenantId\", name, \"ehrPatientId\") values ('p2', %s, 'Outro', %s)", bancada.tenant, certo)
    medido = bancada.hospital("PUT", f"Observation/{recurso['id']}", recurso | {"subject": {"reference": f"Patient/{certo}"}})
    assert bancada.buscar().alteradas == 1
    assert bancada.sql('select "patientId", "fhirResourceId" from observations') == [("p2", medido["id"])]


@so_sandbox
def test_a_server_whose_clock_was_ahead_is_asked_again_from_our_time_on(bancada: BancadaFhir, httpserver: HTTPServer) -> None:
    agora = datetime.now(UTC)
    [(ehr,)] = bancada.sql('select "ehrPatientId" from patients')
    recurso = pulso(ehr, 70) | {"id": "o1", "meta": {"versionId": "1", "lastUpdated": (agora + timedelta(hours=3)).isoformat()}}
    httpserver.expect_request("/fhir/Observation").respond_with_json({"resourceType": "Bundle", "entry": [{"resource": recurso}]})
    bancada.configurar(baseUrl=httpserver.url_for("/fhir"), authType="apikey", authConfig={"apiKey": "x"})
    assert bancada.buscar().novas == 1
    [(marcador,)] = bancada.sql("select marcador from marca_dagua where origem like 'pull:%'")
    assert agora <= datetime.fromisoformat(marcador) <= datetime.now(UTC)


def segundo_paciente(bancada: BancadaFhir, n: int = 2) -> str:
    """Another patient of the platform with one observation in the EHR; their id there."""
    ehr = bancada.hospital("POST", "Patient", {"resourceType": "Patient", "active": True})["id"]
    bancada.hospital("POST", "Observation", pulso(ehr, 60 + n))
    consulta = 'insert into patients (id, "tenantId", name, "ehrPatientId") values (%s, %s, %s, %s)'
    bancada.sql(consulta, f"zz{n}", bancada.tenant, f"Paciente {n}", ehr)
    return ehr


@so_sandbox
@pytest.mark.parametrize("falha", ["parcela_500", "parcela_503", "parcela_html"])
def test_a_patient_whose_search_gets_no_answer_holds_nobody_else(bancada: BancadaFhir, falha: str) -> None:
    assert bancada.servidor is not None
    bancada.configurar(maxRetries=0, metadata={"concurrency": 1})
    segundo_paciente(bancada)
    bancada.servidor.falhas(**{falha: 1.0}, so_metodo="GET", vezes=1)
    resultado = bancada.buscar()
    assert (resultado.pacientes, resultado.novas, bancada.mortas()) == (2, 1, [])  # At the second try, at the end.


@so_sandbox
def test_one_who_never_gets_an_answer_is_a_dead_letter_until_a_search_succeeds(bancada: BancadaFhir, httpserver: HTTPServer) -> None:
    [(ehr,)] = bancada.sql('select "ehrPatientId" from patients')
    segundo_paciente(bancada)
    vazia = {"resourceType": "Bundle"}
    ruim = httpserver.expect_request("/fhir/Observation", query_string={"patient": ehr, "_count": "100"})
    ruim.respond_with_data(status=504)
    httpserver.expect_request("/fhir/Observation").respond_with_json(vazia)
    bancada.configurar(baseUrl=httpserver.url_for("/fhir"), authType="apikey", authConfig={"apiKey": "x"}, maxRetries=0)
    assert (bancada.buscar().pacientes, bancada.mortas()) == (
        1,
        ["servidor FHIR indisponível em Observation: HTTP 504 após 1 tentativa(s)"],
    )
    ruim.respond_with_json(vazia)
    assert (bancada.buscar().pacientes, bancada.mortas()) == (2, [])


@so_sandbox
def test_a_server_that_is_down_is_not_asked_for_every_patient(bancada: BancadaFhir) -> None:
    assert bancada.servidor is not None
    bancada.configurar(maxRetries=0, metadata={"concurrency": 1})
    for n in range(2, 8):
        segundo_paciente(bancada, n)
    bancada.servidor.falhas(parcela_503=1.0)
    with pytest.raises(FhirIndisponivel):
        bancada.buscar()
    assert (bancada.servidor.falhas()["pedidos"]["GET"], bancada.mortas()) == (3, [])


def test_a_page_read_before_a_push_does_not_undo_it(bancada: BancadaFhir) -> None:
    medir(bancada)
    bancada.buscar()
    [(obs_id, paciente, ehr)] = bancada.sql(
        'select o.id, p.id, p."ehrPatientId" from observations o join patients p on p.id = o."patientId"'
    )
    lida_antes = bancada.no_ehr()
    bancada.editar(obs_id)
    bancada.enviar()
    pagina = Busca(bancada.engine, bancada.cliente())._guarda.guardar(paciente, ehr, lida_antes)
    assert (pagina.contagem, bancada.sql("select status from observations")) == ({"conhecidas": 1}, [("amended",)])


def test_a_patient_linked_to_somebody_else_gets_the_whole_history(bancada: BancadaFhir) -> None:
    bancada.configurar(metadata={"overlapSeconds": 0})
    certo = segundo_paciente(bancada)
    bancada.sql("delete from patients where id = 'zz2'")
    bancada.sql("select pg_sleep(1.1)")
    medir(bancada)
    assert bancada.buscar().novas == 1
    bancada.sql('update patients set "ehrPatientId" = %s', certo)
    assert bancada.buscar().novas == 1


def test_one_that_the_platform_deleted_comes_as_the_ehrs(bancada: BancadaFhir) -> None:
    bancada.observar()
    bancada.enviar()
    bancada.sql("delete from observations")
    assert (bancada.buscar().novas, bancada.mortas()) == (1, [])
