"""The EHR's notifications: only signed ones, each once, and what changed is pulled at once."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from include.fusion.fhir.pull.webhook import assinar, pacientes_de
from sandbox.origens.plataforma.ehr import ServidorEhr, pulso
from tests.integration.airflow_apoio import _ABRIR
from tests.integration.fhir_api_apoio import API, configurar, observar, sql

SEGREDO = "segredo-do-webhook-1"


@pytest.fixture
def paciente(mundo: Any) -> str:
    """A patient of tenant a whom the EHR knows; the tenant takes signed notifications."""
    configurar(mundo, authConfig=mundo.fhir.acesso()["authConfig"] | {"webhookSecret": SEGREDO}, metadata={"webhookSigned": True})
    obs_id = observar(mundo, mundo.a)
    mundo.pedir("POST", f"{API}/observations/{obs_id}/sync?wait=true", quem="ana")
    [(ehr_id,)] = sql(mundo, 'select p."ehrPatientId" from patients p join observations o on o."patientId" = p.id where o.id = %s', obs_id)
    return str(ehr_id)


def avisar(mundo: Any, corpo: bytes, momento: str | None = None, segredo: str = SEGREDO, tenant: str = "") -> tuple[int, Any]:
    momento = momento or str(int(time.time()))
    cabecalhos = {
        "X-Fusion-Timestamp": momento,
        "X-Fusion-Signature": assinar(segredo, momento, corpo),
        "Content-Type": "application/fhir+json",
    }
    url = f"http://127.0.0.1:{mundo.airflow.porta}{API}/webhook/{tenant or mundo.a}"
    try:
        with _ABRIR(urllib.request.Request(url, data=corpo, method="POST", headers=cabecalhos), timeout=60) as resposta:
            return resposta.status, json.loads(resposta.read())
    except urllib.error.HTTPError as erro:
        return erro.code, json.loads(erro.read())


def chegou(mundo: Any, recurso_id: str) -> bool:
    return bool(sql(mundo, 'select 1 from observations where "fhirResourceId" = %s', recurso_id))


def test_a_signed_notification_pulls_the_patient_at_once(mundo: Any, paciente: str) -> None:
    recurso = ServidorEhr(mundo.fhir.url, mundo.fhir.segredo).observar(paciente, 66)
    status, feito = avisar(mundo, json.dumps(pulso(paciente, 66) | {"id": recurso}).encode())
    assert (status, feito["situacao"], chegou(mundo, recurso)) == (200, "buscado", True)


def test_the_same_notification_counts_once(mundo: Any, paciente: str) -> None:
    corpo, momento = json.dumps(pulso(paciente, 1)).encode(), str(int(time.time()))
    assert [avisar(mundo, corpo, momento)[1]["situacao"] for _ in range(2)] == ["buscado", "repetido"]


def test_a_notification_that_came_to_nothing_may_come_again(mundo: Any, paciente: str) -> None:
    corpo, momento = json.dumps(pulso(paciente, 2)).encode(), str(int(time.time()))
    mundo.fhir.falhas(parcela_503=1.0)
    assert avisar(mundo, corpo, momento)[0] == 502
    mundo.fhir.limpar_falhas()
    assert avisar(mundo, corpo, momento)[1]["situacao"] == "buscado"


def test_strangers_and_late_comers_learn_nothing(mundo: Any, paciente: str) -> None:
    corpo = json.dumps(pulso(paciente, 3)).encode()
    recusas = [
        avisar(mundo, corpo, segredo="segredo-de-outra-gente"),
        avisar(mundo, corpo, str(int(time.time()) - 400)),
        avisar(mundo, corpo, str(int(time.time()) + 400)),
        avisar(mundo, corpo, tenant="nenhum"),
        avisar(mundo, corpo, tenant=mundo.b),
        mundo.pedir("POST", f"{API}/webhook/{mundo.a}", {}, quem="chefe"),
    ]
    assert [*recusas] == [(401, {"detail": "aviso recusado"})] * 6


def test_a_body_that_is_no_resource_and_one_that_is_huge_are_refused(mundo: Any, paciente: str) -> None:
    assert avisar(mundo, b"[1]")[0] == 400
    assert avisar(mundo, b"x" * 1_100_000)[0] == 413


def test_an_empty_notification_starts_one_run_for_all_who_send_it(mundo: Any, paciente: str) -> None:
    runs = {avisar(mundo, b" " * n)[1]["dag_run_id"] for n in range(3)}
    assert len(runs) == 1  # Nobody schedules here, so the first one waits still.


def test_a_server_with_fixed_headers_only_is_served_when_the_tenant_allows_it(mundo: Any, paciente: str) -> None:
    configurar(mundo, authConfig=mundo.fhir.acesso()["authConfig"] | {"webhookSecret": SEGREDO}, metadata={"webhookSigned": False})
    assinatura = {
        "resourceType": "Subscription", "status": "requested", "reason": "hub", "criteria": f"Observation?patient={paciente}",
        "channel": {"type": "rest-hook", "payload": "application/fhir+json", "header": [f"Authorization: Bearer {SEGREDO}"],
                    "endpoint": f"http://127.0.0.1:{mundo.airflow.porta}{API}/webhook/{mundo.a}"},
    }  # fmt: skip
    ehr = ServidorEhr(mundo.fhir.url, mundo.fhir.segredo)
    criada = ehr.pedir("POST", "Subscription", assinatura)
    recurso = ehr.observar(paciente, 67)
    limite = time.monotonic() + 15
    while not chegou(mundo, recurso) and time.monotonic() < limite:
        time.sleep(0.1)
    ehr.pedir("DELETE", f"Subscription/{criada['id']}")
    assert chegou(mundo, recurso)


@pytest.mark.parametrize(
    ("corpo", "quem"),
    [
        (b"", None),
        (json.dumps({"resourceType": "Patient", "id": "7"}).encode(), {"7"}),
        (json.dumps({"resourceType": "Observation", "subject": {"reference": "https://x/fhir/Patient/8/_history/2"}}).encode(), {"8"}),
        (b'{"resourceType": "Observation"}', None),
        (b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "SubscriptionStatus", "type": "heartbeat"}}]}', set()),
        (b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Parameters", "parameter": []}}, {"fullUrl": "x"}]}', None),
    ],
)
def test_whom_a_notification_is_about(corpo: bytes, quem: set[str] | None) -> None:
    assert pacientes_de(corpo) == quem
