"""What a person asks for through the form happens, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.e2e.hub import ENTREGA, PRIMEIRA, SISTEMAS, Hub, integracao


def um_atendimento(hub: Hub, sistema: str) -> str:
    sql = "select codigo from registro where integracao_id = %s and not cancelado order by codigo limit 1"
    return str(hub.um("fusion", sql, integracao(sistema).integracao_id))


def rodar_todos(hub: Hub, conf: Callable[[str], dict[str, Any]]) -> dict[str, str]:
    """Run every system's DAG with its form, side by side; system → run."""
    runs = {sistema: hub.disparar(sistema, **conf(sistema)) for sistema in SISTEMAS}
    for sistema, run in runs.items():
        hub.terminar(sistema, run)
    return runs


def test_a_forced_replay_sends_one_attendance_once_more(hub: Hub) -> None:
    chaves, antes = {s: um_atendimento(hub, s) for s in SISTEMAS}, hub.um("fusion", "select max(id) from aplicacao")
    rodar_todos(hub, lambda sistema: {"atendimento": chaves[sistema], "forcar": True})
    novas = hub.sql("fusion", "select id, integracao_id, codigo from aplicacao where id > %s", antes)
    hub.pedidas += [n["id"] for n in novas]
    assert sorted((n["integracao_id"], n["codigo"]) for n in novas) == sorted((integracao(s).integracao_id, c) for s, c in chaves.items())


def test_a_dry_run_reports_and_sends_nothing(hub: Hub) -> None:
    antes = hub.aplicacoes()
    for sistema, run in rodar_todos(hub, lambda s: {"atendimento": um_atendimento(hub, s), "simular": True}).items():
        assert hub.xcom(sistema, run, ENTREGA[sistema])["simulacao"] is True
        assert "nada foi enviado nem alterado" in hub.log(sistema, run, ENTREGA[sistema])
    assert hub.aplicacoes() == antes


def test_an_impossible_form_fails_once_and_touches_nothing(hub: Hub) -> None:
    antes = hub.aplicacoes()
    impossivel = {"data_inicial": "2026-02-01", "data_final": "2026-01-01", "forcar": True}
    for sistema, run in rodar_todos(hub, lambda _: impossivel).items():
        assert hub.estado_do(sistema, run) == "failed"
        assert hub.tarefas(sistema, run)[PRIMEIRA[sistema]]["try_number"] == 1
        assert "'data_final' é anterior a 'data_inicial'" in hub.log(sistema, run, PRIMEIRA[sistema])
    assert hub.aplicacoes() == antes


def test_errors_are_resent_on_request(hub: Hub) -> None:
    (recusado,) = hub.mudar("consulfarma", invalido="cpf_invalido")
    hub.esperar(lambda: hub.fila("consulfarma", recusado.chave).get("situacao") == "erro")
    # Mended without a new marker: only the form can bring it back.
    hub.sql("consulfarma", "update dbo.Paciente set Cpf = null where PacienteId = %s", recusado.chave_paciente)
    hub.rodar("consulfarma", reenviar_erros=True)
    hub.esperar(lambda: hub.fila("consulfarma", recusado.chave)["situacao"] == "concluido")
