"""The report on FHIR sees what is lost, doubled or different, on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.fhir.servidor import FhirServer
from sandbox.origens.plataforma.ehr import EhrServer, ours
from sandbox.report.base import Report, Row
from sandbox.report.fhir import PULL, PUSH, add
from sandbox.simulador import create_register
from tests.integration.fhir.harness import FhirHarness, so_sandbox

pytestmark = so_sandbox


@pytest.fixture
def harness(database: str, tmp_path: Path) -> Iterator[FhirHarness]:
    """Six observations that were sent, two of the hospital's that were pulled; a server of its own, since all of it is counted."""
    server = FhirServer(tmp_path / "fhir").start_run()
    made = FhirHarness(database, tmp_path, server)
    create_register(database)
    made.observe(6)
    made.send()
    for _ in range(2):
        ehr(made).observe(paciente(made), 60)
    made.look_up()
    yield made
    made.close()
    server.stop()


def ehr(b: FhirHarness) -> EhrServer:
    assert b.server is not None
    return EhrServer(b.server.url, b.server.secret)


def paciente(b: FhirHarness) -> str:
    return str(b.sql('select "ehrPatientId" from patients where "ehrPatientId" is not null order by id limit 1')[0][0])


def rows(b: FhirHarness) -> dict[str, Row]:
    assert b.server is not None
    report = Report()
    add(report, {"plataforma": b.dsn, "simulador": b.dsn, "ehr": b.server.url.replace("://", f"://:{b.server.secret}@", 1)})
    return report.integrations


def test_two_sides_that_agree(harness: FhirHarness) -> None:
    push, pull = rows(harness)[PUSH], rows(harness)[PULL]
    assert (push.delivered, push.missing, push.doubled, push.pending) == (6, 0, 0, 0)
    assert (pull.delivered, pull.missing, pull.doubled) == (2, 0, 0)


def test_a_reading_that_differs_or_is_gone_is_missing(harness: FhirHarness) -> None:
    ids = [i for (i,) in harness.sql("select \"fhirResourceId\" from observations where source <> 'ehr' order by id")]
    ehr(harness).ask("DELETE", f"Observation/{ids[0]}")
    harness.sql('update observations set value = value + 1, systolic = systolic + 1 where "fhirResourceId" = %s', ids[1])
    assert rows(harness)[PUSH].missing == 2


def test_a_second_resource_with_our_identifier_is_doubled(harness: FhirHarness) -> None:
    one = next(r for r in ehr(harness).observacoes() if ours(r))
    ehr(harness).ask("POST", "Observation", {k: v for k, v in one.items() if k not in ("id", "meta")})
    assert rows(harness)[PUSH].doubled == 1


def test_what_waits_and_what_was_refused_are_told_apart(harness: FhirHarness) -> None:
    [bad, _] = harness.observe(2)
    harness.sql("update observations set type = 'nada' where id = %s", bad)
    harness.send(observations=[bad])
    push = rows(harness)[PUSH]
    assert (push.refused, push.pending, push.missing) == (1, 1, 0)


def test_what_the_hospital_wrote_or_amended_since_is_missing(harness: FhirHarness) -> None:
    resource = harness.sql("select \"fhirResourceId\" from observations where source = 'ehr' limit 1")[0][0]
    ehr(harness).correct(resource)
    ehr(harness).observe(paciente(harness), 61)
    assert rows(harness)[PULL].missing == 2


def test_what_the_pull_refused_is_neither_missing_nor_the_pushs(harness: FhirHarness) -> None:
    ehr(harness).observe(paciente(harness), 62, note=[{"text": "a\x00"}])
    harness.look_up()
    push, pull = rows(harness)[PUSH], rows(harness)[PULL]
    assert (pull.refused, pull.missing, push.refused, push.pending) == (1, 0, 0, 0)
