"""The EHR's notifications: only signed ones, each once, and what changed is pulled at once."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from include.fusion.fhir.pull.webhook import pacientes_of, sign
from sandbox.origens.plataforma.ehr import EhrServer, pulse
from tests.integration.airflow_server import _OPEN
from tests.integration.plugins.fhir_api.helpers import API, configure, observe, sql

SECRET = "segredo-do-webhook-1"


@pytest.fixture
def paciente(world: Any) -> str:
    """A patient of tenant a whom the EHR knows; the tenant takes signed notifications."""
    configure(world, authConfig=world.fhir.acesso()["authConfig"] | {"webhookSecret": SECRET}, metadata={"webhookSigned": True})
    obs_id = observe(world, world.a)
    world.ask("POST", f"{API}/observations/{obs_id}/sync?wait=true", who="ana")
    [(ehr_id,)] = sql(world, 'select p."ehrPatientId" from patients p join observations o on o."patientId" = p.id where o.id = %s', obs_id)
    return str(ehr_id)


def warn(world: Any, body: bytes, moment: str | None = None, secret: str = SECRET, tenant: str = "") -> tuple[int, Any]:
    moment = moment or str(int(time.time()))
    headers = {
        "X-Fusion-Timestamp": moment,
        "X-Fusion-Signature": sign(secret, moment, body),
        "Content-Type": "application/fhir+json",
    }
    url = f"http://127.0.0.1:{world.airflow.port}{API}/webhook/{tenant or world.a}"
    try:
        with _OPEN(urllib.request.Request(url, data=body, method="POST", headers=headers), timeout=60) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def arrived(world: Any, resource_id: str) -> bool:
    return bool(sql(world, 'select 1 from observations where "fhirResourceId" = %s', resource_id))


def test_a_signed_notification_pulls_the_patient_at_once(world: Any, paciente: str) -> None:
    resource = EhrServer(world.fhir.url, world.fhir.secret).observe(paciente, 66)
    status, done = warn(world, json.dumps(pulse(paciente, 66) | {"id": resource}).encode())
    assert (status, done["situacao"], arrived(world, resource)) == (200, "buscado", True)


def test_the_same_notification_counts_once(world: Any, paciente: str) -> None:
    body, moment = json.dumps(pulse(paciente, 1)).encode(), str(int(time.time()))
    assert [warn(world, body, moment)[1]["situacao"] for _ in range(2)] == ["buscado", "repetido"]


def test_a_notification_that_came_to_nothing_may_come_again(world: Any, paciente: str) -> None:
    body, moment = json.dumps(pulse(paciente, 2)).encode(), str(int(time.time()))
    world.fhir.falhas(parcela_503=1.0)
    assert warn(world, body, moment)[0] == 502
    world.fhir.clear_faults()
    assert warn(world, body, moment)[1]["situacao"] == "buscado"


def test_strangers_and_late_comers_learn_nothing(world: Any, paciente: str) -> None:
    body = json.dumps(pulse(paciente, 3)).encode()
    refusals = [
        warn(world, body, secret="segredo-de-outra-gente"),
        warn(world, body, str(int(time.time()) - 400)),
        warn(world, body, str(int(time.time()) + 400)),
        warn(world, body, tenant="nenhum"),
        warn(world, body, tenant=world.b),
        world.ask("POST", f"{API}/webhook/{world.a}", {}, who="chefe"),
    ]
    assert [*refusals] == [(401, {"detail": "aviso recusado"})] * 6


def test_a_body_that_is_no_resource_and_one_that_is_huge_are_refused(world: Any, paciente: str) -> None:
    assert warn(world, b"[1]")[0] == 400
    assert warn(world, b"x" * 1_100_000)[0] == 413


def test_an_empty_notification_starts_one_run_for_all_who_send_it(world: Any, paciente: str) -> None:
    runs = {warn(world, b" " * n)[1]["dag_run_id"] for n in range(3)}
    assert len(runs) == 1  # Nobody schedules here, so the first one waits still.


def test_a_server_with_fixed_headers_only_is_served_when_the_tenant_allows_it(world: Any, paciente: str) -> None:
    configure(world, authConfig=world.fhir.acesso()["authConfig"] | {"webhookSecret": SECRET}, metadata={"webhookSigned": False})
    signature = {
        "resourceType": "Subscription", "status": "requested", "reason": "hub", "criteria": f"Observation?patient={paciente}",
        "channel": {"type": "rest-hook", "payload": "application/fhir+json", "header": [f"Authorization: Bearer {SECRET}"],
                    "endpoint": f"http://127.0.0.1:{world.airflow.port}{API}/webhook/{world.a}"},
    }  # fmt: skip
    ehr = EhrServer(world.fhir.url, world.fhir.secret)
    criada = ehr.ask("POST", "Subscription", signature)
    resource = ehr.observe(paciente, 67)
    limit = time.monotonic() + 15
    while not arrived(world, resource) and time.monotonic() < limit:
        time.sleep(0.1)
    ehr.ask("DELETE", f"Subscription/{criada['id']}")
    assert arrived(world, resource)


@pytest.mark.parametrize(
    ("body", "who"),
    [
        (b"", None),
        (json.dumps({"resourceType": "Patient", "id": "7"}).encode(), {"7"}),
        (json.dumps({"resourceType": "Observation", "subject": {"reference": "https://x/fhir/Patient/8/_history/2"}}).encode(), {"8"}),
        (b'{"resourceType": "Observation"}', None),
        (b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "SubscriptionStatus", "type": "heartbeat"}}]}', set()),
        (b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Parameters", "parameter": []}}, {"fullUrl": "x"}]}', None),
    ],
)
def test_whom_a_notification_is_about(body: bytes, who: set[str] | None) -> None:
    assert pacientes_of(body) == who
