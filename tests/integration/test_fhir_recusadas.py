"""What a pull cannot take: it stays with its reason, stops nobody else, is fetched again on request, and closed once it was taken."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from include.fusion.fhir.http.errors import FhirIndisponivel
from include.fusion.fhir.platform.operations import cartas_mortas, reenviar
from include.fusion.fhir.pull.pull import Busca, ResultadoBusca
from include.fusion.fhir.push.due_tenants import TEMPO_REAL, tenants_com_trabalho
from sandbox.fhir.servidor import ServidorFhir
from tests.integration.fhir_apoio import BancadaFhir, so_sandbox
from tests.integration.test_fhir_pull import bancada as bancada
from tests.integration.test_fhir_pull import medir
from tests.integration.test_fhir_pull import servidor as servidor

pytestmark = so_sandbox
DO_BANCO = "Observation: valor que o banco da plataforma não aceita"
SEM_DIA = "Observation: estrutura fora do FHIR R4"
NULO = {"note": [{"text": "segredo\x00"}]}
"""Valid R4 that PostgreSQL stores in no text."""


def mortas(bancada: BancadaFhir) -> list[tuple[str, str]]:
    return [(c["chave"], c["motivo"]) for c in cartas_mortas(bancada.engine, bancada.tenant) if c["sentido"] == "pull"]


def de_novo(bancada: BancadaFhir, quantas: int = 1) -> ResultadoBusca:
    assert reenviar(bancada.engine, bancada.tenant) == (0, quantas)
    return asyncio.run(Busca(bancada.engine, bancada.cliente()).executar(so_recusadas=True))


def situacao(bancada: BancadaFhir) -> list[tuple[str, str | None]]:
    return bancada.sql("select situacao, motivo from SincronizacaoFhir order by id")


def servidor_de(bancada: BancadaFhir) -> ServidorFhir:
    assert bancada.servidor is not None
    return bancada.servidor


@pytest.mark.parametrize(("defeito", "motivo"), [(NULO, DO_BANCO), ({"effectiveDateTime": "0001-01-01T00:00:00+14:00"}, SEM_DIA)])
def test_one_that_cannot_be_taken_leaves_its_reason_and_the_rest_arrive(bancada: BancadaFhir, defeito: dict[str, Any], motivo: str) -> None:
    medir(bancada, 60)
    ruim = medir(bancada, **defeito)
    medir(bancada, 61)
    resultado = bancada.buscar()
    assert (resultado.novas, resultado.falhas, mortas(bancada)) == (2, 1, [(f"Observation/{ruim['id']}", motivo)])
    [(paciente, tenant)] = bancada.sql("select chave_paciente, processo from SincronizacaoFhir")
    assert (paciente, tenant) == (bancada.sql("select id from patients")[0][0], bancada.tenant)


def test_seeing_it_again_makes_no_second_row_and_no_log_quotes_it(bancada: BancadaFhir, caplog: pytest.LogCaptureFixture) -> None:
    medir(bancada, **NULO)
    with caplog.at_level(logging.INFO):
        bancada.buscar()
        bancada.buscar()
    assert len(mortas(bancada)) == 1
    assert "segredo" not in caplog.text and "segredo" not in str(bancada.sql("select * from SincronizacaoFhir"))


def test_a_refused_one_is_fetched_again_by_its_id_and_closed(bancada: BancadaFhir) -> None:
    bancada.configurar(metadata={"overlapSeconds": 0})
    ruim = medir(bancada, **NULO)
    bancada.buscar()
    assert de_novo(bancada).falhas == 1  # Nothing has changed: it goes back with its reason.
    assert situacao(bancada) == [("erro", DO_BANCO)]
    medir(bancada, 77, id=ruim["id"])
    assert (de_novo(bancada).novas, situacao(bancada)) == (1, [("concluido", None)])
    assert bancada.sql("select value from observations") == [(77,)]


def test_a_pull_that_takes_it_closes_the_row_unasked(bancada: BancadaFhir) -> None:
    ruim = medir(bancada, **NULO)
    bancada.buscar()
    medir(bancada, 77, id=ruim["id"])
    assert (bancada.buscar().novas, situacao(bancada)) == (1, [("concluido", None)])


def test_what_was_asked_for_outlives_an_outage_and_the_next_pull_takes_it(bancada: BancadaFhir) -> None:
    ruim = medir(bancada, **NULO)
    bancada.buscar()
    medir(bancada, 77, id=ruim["id"])
    servidor_de(bancada).falhas(parcela_503=1.0)
    with pytest.raises(FhirIndisponivel):
        de_novo(bancada)
    assert situacao(bancada) == [("pendente", None)]
    servidor_de(bancada).limpar_falhas()
    assert (bancada.buscar().novas, situacao(bancada)) == (1, [("concluido", None)])


def test_one_that_the_server_cannot_give_does_not_stop_the_pull(bancada: BancadaFhir) -> None:
    ruim = medir(bancada, **NULO)
    bancada.buscar()
    medir(bancada)
    assert reenviar(bancada.engine, bancada.tenant) == (0, 1)
    servidor_de(bancada).falhas(parcela_500=1.0, so_rota=f"Observation/{ruim['id']}")
    assert bancada.buscar().novas == 1
    assert [m for _, m in mortas(bancada)] == [DO_BANCO]


def test_one_that_the_server_deleted_is_let_go(bancada: BancadaFhir) -> None:
    ruim = medir(bancada, **NULO)
    bancada.buscar()
    servidor_de(bancada).fhir("DELETE", f"Observation/{ruim['id']}")
    de_novo(bancada)
    assert situacao(bancada) == [("descartado", "apagado no servidor FHIR")]


def test_a_patient_whom_the_server_refuses_is_noted_and_closed_by_the_next_search(bancada: BancadaFhir) -> None:
    medir(bancada)
    servidor_de(bancada).falhas(parcela_status=1.0, status=403, issue="forbidden", so_metodo="GET")
    assert bancada.buscar().falhas == 1
    [(ehr,)] = bancada.sql('select "ehrPatientId" from patients')
    assert mortas(bancada) == [(f"Patient/{ehr}", "servidor FHIR recusou Observation: HTTP 403 (forbidden)")]
    servidor_de(bancada).limpar_falhas()
    assert (de_novo(bancada).novas, situacao(bancada)) == (1, [("concluido", None)])


def test_a_search_that_answers_with_other_patients_is_told_once(bancada: BancadaFhir) -> None:
    medir(bancada)
    bancada.sql('update patients set "ehrPatientId" = (select "ehrPatientId" from patients) || \'x\'')
    [(ehr,)] = bancada.sql('select "ehrPatientId" from patients')
    alheia = {"resourceType": "Observation", "id": "1", "subject": {"reference": "Patient/outro"}}
    busca = Busca(bancada.engine, bancada.cliente())
    pagina = busca._guarda.guardar(bancada.sql("select id from patients")[0][0], ehr, [alheia, alheia | {"id": "2"}, {"id": None}])
    assert (pagina.motivos.total(), [c for c, _ in mortas(bancada)]) == (3, [f"Patient/{ehr}"])


def test_what_came_in_wakes_no_push_and_is_never_sent(bancada: BancadaFhir) -> None:
    bancada.configurar(syncFrequency="realtime")
    medir(bancada, **NULO)
    bancada.buscar()
    assert reenviar(bancada.engine, bancada.tenant) == (0, 1)
    assert (tenants_com_trabalho(bancada.engine, TEMPO_REAL), bancada.enviar().inalterados) == ([], 0)
    assert situacao(bancada) == [("pendente", None)]
