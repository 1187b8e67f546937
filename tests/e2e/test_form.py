"""What a person asks for through the form happens, and nothing else."""

from __future__ import annotations

import pytest

from tests.e2e.hub import ENTREGA, PRIMEIRA, SISTEMAS, Hub, integracao


def um_atendimento(hub: Hub, sistema: str) -> str:
    sql = "select codigo from registro where integracao_id = %s and not cancelado order by codigo limit 1"
    return str(hub.um("fusion", sql, integracao(sistema).integracao_id))


@pytest.mark.parametrize("sistema", SISTEMAS)
def test_a_forced_replay_sends_one_attendance_once_more(hub: Hub, sistema: str) -> None:
    chave, antes = um_atendimento(hub, sistema), hub.um("fusion", "select max(id) from aplicacao")
    hub.rodar(sistema, atendimento=chave, forcar=True)
    novas = hub.sql("fusion", "select id, codigo from aplicacao where id > %s", antes)
    hub.pedidas += [n["id"] for n in novas]
    assert [n["codigo"] for n in novas] == [chave]


@pytest.mark.parametrize("sistema", SISTEMAS)
def test_a_dry_run_reports_and_sends_nothing(hub: Hub, sistema: str) -> None:
    antes = hub.aplicacoes()
    run = hub.rodar(sistema, atendimento=um_atendimento(hub, sistema), simular=True)
    assert hub.xcom(sistema, run, ENTREGA[sistema])["simulacao"] is True
    assert "nada foi enviado nem alterado" in hub.log(sistema, run, ENTREGA[sistema])
    assert hub.aplicacoes() == antes


@pytest.mark.parametrize("sistema", SISTEMAS)
def test_an_impossible_form_fails_once_and_touches_nothing(hub: Hub, sistema: str) -> None:
    antes, tarefa = hub.aplicacoes(), PRIMEIRA[sistema]
    run = hub.rodar(sistema, data_inicial="2026-02-01", data_final="2026-01-01", forcar=True)
    assert hub.estado_do(sistema, run) == "failed"
    assert hub.tarefas(sistema, run)[tarefa]["try_number"] == 1
    assert "'data_final' é anterior a 'data_inicial'" in hub.log(sistema, run, tarefa)
    assert hub.aplicacoes() == antes


def test_errors_are_resent_on_request(hub: Hub) -> None:
    (recusado,) = hub.mudar("consulfarma", invalido="cpf_invalido")
    hub.esperar(lambda: hub.fila("consulfarma", recusado.chave).get("situacao") == "erro", 40)
    # Mended without a new marker: only the form can bring it back.
    hub.sql("consulfarma", "update dbo.Paciente set Cpf = null where PacienteId = %s", recusado.chave_paciente)
    hub.rodar("consulfarma", reenviar_erros=True)
    hub.esperar(lambda: hub.fila("consulfarma", recusado.chave)["situacao"] == "concluido", 20)
