"""FHIR on the real stack: both directions, whatever dies or is wrong meanwhile."""

from __future__ import annotations

import pytest

from sandbox.report.fhir import PULL, PUSH
from sandbox.simulador import simulate
from sandbox.stack import airflow_api
from tests.e2e.fhir import REALTIME, TASKS, Fhir
from tests.e2e.hub import Hub, succeeded

MORTO = "http://127.0.0.1:1/fhir"


@pytest.fixture
def fhir(stack: Hub) -> Fhir:
    """The platform and its EHR at rest."""
    done = Fhir(stack)
    done.reconcile(PUSH)
    return done


def test_an_observation_of_a_realtime_tenant_reaches_the_ehr_by_itself(fhir: Fhir) -> None:
    ids = [*fhir.observe(fhir.real, 3), *fhir.observe(fhir.other_real, 2)]
    fhir.hub.wait(lambda: fhir.sent(ids))
    fhir.reconcile(PUSH)


def test_an_hourly_tenant_waits_for_the_scheduled_run_which_names_it(fhir: Fhir) -> None:
    ids = fhir.observe(fhir.time_of_day, 30)
    fhir.hub.let_be(3)
    assert not fhir.sent(ids[:1])
    run = fhir.hub.run_task(PUSH)
    assert fhir.sent(ids)
    name = fhir.hub.one("plataforma", "select name from tenants where id = %s", fhir.time_of_day)
    assert fhir.hub.tasks(PUSH, run)["enviar"]["rendered_map_index"] == name


def test_a_pull_creates_updates_and_skips(fhir: Fhir) -> None:
    resource = fhir.ehr.observe(fhir.paciente(fhir.time_of_day), 61)
    read_rows = []
    for corrected in (False, True, False):
        if corrected:
            fhir.ehr.correct(resource)
        assert fhir.hub.state_of(PULL, fhir.hub.run_task(PULL)) == "success"
        read_rows += fhir.hub.sql("plataforma", 'select value, "updatedAt" as em from observations where "fhirResourceId" = %s', resource)
    assert [x["value"] for x in read_rows] == [61, 62, 62] and read_rows[0]["em"] < read_rows[1]["em"] == read_rows[2]["em"]
    fhir.reconcile()


def test_killing_who_pushes_in_mid_batch_loses_and_doubles_nothing(fhir: Fhir) -> None:
    ids = fhir.observe(fhir.time_of_day, 600)
    with fhir.falhas(atraso_ms=700):
        run = fhir.hub.trigger(PUSH)
        viajando = "select count(*) from SincronizacaoFhir where situacao = 'reservado'"
        fhir.hub.wait(lambda: fhir.hub.one("plataforma", viajando))
        fhir.hub.let_be(fhir.hub.rng.uniform(0, 1.5))
        fhir.hub.kill_worker_of(PUSH, "enviar")
    assert not fhir.sent(ids)
    assert fhir.hub.finish(PUSH, run) == "success"
    assert fhir.sent(ids)
    fhir.reconcile(PUSH)


def test_clearing_a_task_changes_nothing(fhir: Fhir) -> None:
    ids = [*fhir.observe(fhir.real), *fhir.observe(fhir.time_of_day)]
    fhir.hub.run_task(PUSH)
    fhir.hub.run_task(PULL)
    fhir.hub.wait(lambda: fhir.sent(ids) and fhir.standstill())
    before = fhir.snapshot()
    for dag, tasks in TASKS.items():
        run = next(succeeded(fhir.hub, dag, tasks[-1]))
        fhir.hub.clean(dag, run, *tasks)
        assert fhir.hub.finish(dag, run) == "success"
        assert fhir.hub.tasks(dag, run)[tasks[0]]["try_number"] >= 2
    assert fhir.snapshot() == before


def test_bad_input_waits_in_the_dead_letter_until_it_is_resent(fhir: Fhir) -> None:
    [id_] = fhir.observe(fhir.time_of_day)
    ok = fhir.hub.sql("plataforma", "select type from observations where id = %s", id_)[0]["type"]
    fhir.hub.sql("plataforma", "update observations set type = 'nada' where id = %s", id_)
    assert fhir.hub.state_of(PUSH, fhir.hub.run_task(PUSH)) == "success"
    assert fhir.hub.one("plataforma", "select situacao from SincronizacaoFhir where chave = %s", id_) == "erro"
    fhir.hub.sql("plataforma", "update observations set type = %s where id = %s", ok, id_)
    fhir.hub.run_task(PUSH, tenant=fhir.time_of_day, reenviar_erros=True)
    assert fhir.sent([id_])


def test_a_dead_server_of_one_tenant_holds_no_other(fhir: Fhir) -> None:
    secret = {"authConfig": {"apiKey": fhir.secret, "apiKeyHeader": "X-API-Key"}, "authType": "apikey"}
    back = {"baseUrl": fhir.ehr.url, "maxRetries": 3, **secret}
    with fhir.configured(fhir.other_real, back, baseUrl=MORTO, maxRetries=1, **secret):
        presas, free = fhir.observe(fhir.other_real, 3), fhir.observe(fhir.real, 3)
        fhir.hub.wait(lambda: fhir.sent(free))
        assert not fhir.sent(presas)
    fhir.hub.run_task(PUSH)
    fhir.reconcile(PUSH)


def test_no_log_and_no_table_of_airflow_holds_a_value_or_a_name(fhir: Fhir) -> None:
    [id_] = fhir.observe(fhir.real)
    value = "8675309.125"
    fhir.hub.sql("plataforma", "update observations set type = 'weight', value = %s, systolic = null, diastolic = null,"
                 ' "syncedToEHR" = false, "updatedAt" = now() where id = %s', value, id_)  # fmt: skip
    fhir.reconcile(PUSH)
    fhir.hub.run_task(PULL)
    names = [x["name"] for x in fhir.hub.sql("plataforma", "select name from patients")]
    files = [a for folder in (fhir.hub.estado.logs, fhir.hub.estado.airflow / "logs") for a in folder.rglob("*") if a.is_file()]
    ditos = [fhir.hub.everything_airflow_keeps(), *(a.read_text(errors="replace") for a in files)]
    assert id_ in "".join(ditos)
    assert sum(match in said for said in ditos for match in (value, *names)) == 0
    assert next(succeeded(fhir.hub, REALTIME, "enviar"))


def test_a_platform_and_a_hospital_at_work_are_reported_as_the_demo_does(fhir: Fhir, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = fhir.hub
    monkeypatch.setenv("FUSION_FHIR_URL", fhir.ehr.url)
    monkeypatch.setenv("FUSION_FHIR_SEGREDO", fhir.secret)
    dsns = {name: hub.url(name) for name in ("plataforma", "ehr")}
    done = simulate(dsns, hub.url("simulador"), rate=4, duration=10, invalid_share=0.1, semente=5)
    assert [(o.done > 3, o.falhas) for o in done] == [(True, 0)] * 2
    runs = airflow_api.trigger(hub.estado, airflow_api.SCHEDULED_FHIR)
    hub.wait(lambda: airflow_api.have_ended(hub.estado, runs))
    fhir.reconcile()
    rows = fhir.report().integrations
    assert rows[PUSH].changed > 30 and rows[PUSH].refused > 0 and rows[PUSH].p50_s is not None
    assert rows[PULL].changed > 5 and rows[PULL].delivered >= rows[PULL].changed / 2
