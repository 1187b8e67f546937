"""FHIR on the real stack: both directions, whatever dies or is wrong meanwhile."""

from __future__ import annotations

import pytest

from sandbox.report.fhir import PULL, PUSH
from sandbox.simulador import simular
from sandbox.stack import airflow_api
from tests.e2e.fhir import TAREFAS, TEMPO_REAL, Fhir
from tests.e2e.hub import Hub, com_sucesso

MORTO = "http://127.0.0.1:1/fhir"


@pytest.fixture
def fhir(pilha: Hub) -> Fhir:
    """The platform and its EHR at rest."""
    feito = Fhir(pilha)
    feito.reconciliar(PUSH)
    return feito


def test_an_observation_of_a_realtime_tenant_reaches_the_ehr_by_itself(fhir: Fhir) -> None:
    ids = [*fhir.observar(fhir.real, 3), *fhir.observar(fhir.outro_real, 2)]
    fhir.hub.esperar(lambda: fhir.enviadas(ids))
    fhir.reconciliar(PUSH)


def test_an_hourly_tenant_waits_for_the_scheduled_run_which_names_it(fhir: Fhir) -> None:
    ids = fhir.observar(fhir.horario, 30)
    fhir.hub.deixar(3)
    assert not fhir.enviadas(ids[:1])
    run = fhir.hub.rodar(PUSH)
    assert fhir.enviadas(ids)
    nome = fhir.hub.um("plataforma", "select name from tenants where id = %s", fhir.horario)
    assert fhir.hub.tarefas(PUSH, run)["enviar"]["rendered_map_index"] == nome


def test_a_pull_creates_updates_and_skips(fhir: Fhir) -> None:
    recurso = fhir.ehr.observar(fhir.paciente(fhir.horario), 61)
    lidas = []
    for fazer in (lambda: None, lambda: fhir.ehr.corrigir(recurso), lambda: None):
        fazer()
        assert fhir.hub.estado_do(PULL, fhir.hub.rodar(PULL)) == "success"
        lidas += fhir.hub.sql("plataforma", 'select value, "updatedAt" as em from observations where "fhirResourceId" = %s', recurso)
    assert [x["value"] for x in lidas] == [61, 62, 62] and lidas[0]["em"] < lidas[1]["em"] == lidas[2]["em"]
    fhir.reconciliar()


def test_killing_who_pushes_in_mid_batch_loses_and_doubles_nothing(fhir: Fhir) -> None:
    ids = fhir.observar(fhir.horario, 600)
    with fhir.falhas(atraso_ms=700):
        run = fhir.hub.disparar(PUSH)
        viajando = "select count(*) from SincronizacaoFhir where situacao = 'reservado'"
        fhir.hub.esperar(lambda: fhir.hub.um("plataforma", viajando))
        fhir.hub.deixar(fhir.hub.rng.uniform(0, 1.5))
        fhir.hub.matar_quem_faz(PUSH, "enviar")
    assert not fhir.enviadas(ids)
    assert fhir.hub.terminar(PUSH, run) == "success"
    assert fhir.enviadas(ids)
    fhir.reconciliar(PUSH)


def test_clearing_a_task_changes_nothing(fhir: Fhir) -> None:
    ids = [*fhir.observar(fhir.real), *fhir.observar(fhir.horario)]
    fhir.hub.rodar(PUSH)
    fhir.hub.rodar(PULL)
    fhir.hub.esperar(lambda: fhir.enviadas(ids) and fhir.parado())
    antes = fhir.retrato()
    for dag, tarefas in TAREFAS.items():
        run = next(com_sucesso(fhir.hub, dag, tarefas[-1]))
        fhir.hub.limpar(dag, run, *tarefas)
        assert fhir.hub.terminar(dag, run) == "success"
        assert fhir.hub.tarefas(dag, run)[tarefas[0]]["try_number"] >= 2
    assert fhir.retrato() == antes


def test_bad_input_waits_in_the_dead_letter_until_it_is_resent(fhir: Fhir) -> None:
    [id_] = fhir.observar(fhir.horario)
    certo = fhir.hub.sql("plataforma", "select type from observations where id = %s", id_)[0]["type"]
    fhir.hub.sql("plataforma", "update observations set type = 'nada' where id = %s", id_)
    assert fhir.hub.estado_do(PUSH, fhir.hub.rodar(PUSH)) == "success"
    assert fhir.hub.um("plataforma", "select situacao from SincronizacaoFhir where chave = %s", id_) == "erro"
    fhir.hub.sql("plataforma", "update observations set type = %s where id = %s", certo, id_)
    fhir.hub.rodar(PUSH, tenant=fhir.horario, reenviar_erros=True)
    assert fhir.enviadas([id_])


def test_a_dead_server_of_one_tenant_holds_no_other(fhir: Fhir) -> None:
    segredo = {"authConfig": {"apiKey": fhir.segredo, "apiKeyHeader": "X-API-Key"}, "authType": "apikey"}
    volta = {"baseUrl": fhir.ehr.url, "maxRetries": 3, **segredo}
    with fhir.configurado(fhir.outro_real, volta, baseUrl=MORTO, maxRetries=1, **segredo):
        presas, livres = fhir.observar(fhir.outro_real, 3), fhir.observar(fhir.real, 3)
        fhir.hub.esperar(lambda: fhir.enviadas(livres))
        assert not fhir.enviadas(presas)
    fhir.hub.rodar(PUSH)
    fhir.reconciliar(PUSH)


def test_no_log_and_no_table_of_airflow_holds_a_value_or_a_name(fhir: Fhir) -> None:
    [id_] = fhir.observar(fhir.real)
    valor = "8675309.125"
    fhir.hub.sql("plataforma", "update observations set type = 'weight', value = %s, systolic = null, diastolic = null,"
                 ' "syncedToEHR" = false, "updatedAt" = now() where id = %s', valor, id_)  # fmt: skip
    fhir.reconciliar(PUSH)
    fhir.hub.rodar(PULL)
    nomes = [x["name"] for x in fhir.hub.sql("plataforma", "select name from patients")]
    arquivos = [a for pasta in (fhir.hub.estado.logs, fhir.hub.estado.airflow / "logs") for a in pasta.rglob("*") if a.is_file()]
    ditos = [fhir.hub.tudo_que_o_airflow_guarda(), *(a.read_text(errors="replace") for a in arquivos)]
    assert id_ in "".join(ditos)
    assert sum(achado in dito for dito in ditos for achado in (valor, *nomes)) == 0
    assert next(com_sucesso(fhir.hub, TEMPO_REAL, "enviar"))


def test_a_platform_and_a_hospital_at_work_are_reported_as_the_demo_does(fhir: Fhir, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = fhir.hub
    monkeypatch.setenv("FUSION_FHIR_URL", fhir.ehr.url)
    monkeypatch.setenv("FUSION_FHIR_SEGREDO", fhir.segredo)
    dsns = {nome: hub.url(nome) for nome in ("plataforma", "ehr")}
    feitas = simular(dsns, hub.url("simulador"), taxa=4, duracao=10, invalidos=0.1, semente=5)
    assert [(o.feitas > 3, o.falhas) for o in feitas] == [(True, 0)] * 2
    runs = airflow_api.disparar(hub.estado, airflow_api.AGENDADAS_FHIR)
    hub.esperar(lambda: airflow_api.terminaram(hub.estado, runs))
    fhir.reconciliar()
    linhas = fhir.relatorio().integrations
    assert linhas[PUSH].changed > 30 and linhas[PUSH].refused > 0 and linhas[PUSH].p50_s is not None
    assert linhas[PULL].changed > 5 and linhas[PULL].delivered >= linhas[PULL].changed / 2
