"""What a person asks for through the form happens, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.e2e.hub import DELIVERY, FIRST, SYSTEMS, Hub, integracao


def one_atendimento(hub: Hub, system: str) -> str:
    sql = "select codigo from registro where integracao_id = %s and not cancelado order by codigo limit 1"
    return str(hub.one("fusion", sql, integracao(system).integracao_id))


def run_all(hub: Hub, conf: Callable[[str], dict[str, Any]]) -> dict[str, str]:
    """Run every system's DAG with its form, side by side; system → run."""
    runs = {system: hub.trigger(system, **conf(system)) for system in SYSTEMS}
    for system, run in runs.items():
        hub.finish(system, run)
    return runs


def test_a_forced_replay_sends_one_attendance_once_more(hub: Hub) -> None:
    keys, before = {s: one_atendimento(hub, s) for s in SYSTEMS}, hub.one("fusion", "select max(id) from aplicacao")
    run_all(hub, lambda system: {"atendimento": keys[system], "forcar": True})
    new = hub.sql("fusion", "select id, integracao_id, codigo from aplicacao where id > %s", before)
    hub.requested_ones += [n["id"] for n in new]
    assert sorted((n["integracao_id"], n["codigo"]) for n in new) == sorted((integracao(s).integracao_id, c) for s, c in keys.items())


def test_a_dry_run_reports_and_sends_nothing(hub: Hub) -> None:
    before = hub.applied()
    for system, run in run_all(hub, lambda s: {"atendimento": one_atendimento(hub, s), "simular": True}).items():
        assert hub.xcom(system, run, DELIVERY[system])["simulacao"] is True
        assert "nada foi enviado nem alterado" in hub.log(system, run, DELIVERY[system])
    assert hub.applied() == before


def test_an_impossible_form_fails_once_and_touches_nothing(hub: Hub) -> None:
    before = hub.applied()
    impossivel = {"data_inicial": "2026-02-01", "data_final": "2026-01-01", "forcar": True}
    for system, run in run_all(hub, lambda _: impossivel).items():
        assert hub.state_of(system, run) == "failed"
        assert hub.tasks(system, run)[FIRST[system]]["try_number"] == 1
        assert "'data_final' é anterior a 'data_inicial'" in hub.log(system, run, FIRST[system])
    assert hub.applied() == before


def test_errors_are_resent_on_request(hub: Hub) -> None:
    (refused,) = hub.change("consulfarma", invalid="cpf_invalido")
    hub.wait(lambda: hub.fila("consulfarma", refused.chave).get("situacao") == "erro")
    # Mended without a new marker: only the form can bring it back.
    hub.sql("consulfarma", "update dbo.Paciente set Cpf = null where PacienteId = %s", refused.chave_paciente)
    hub.run_task("consulfarma", reenviar_erros=True)
    hub.wait(lambda: hub.fila("consulfarma", refused.chave)["situacao"] == "concluido")
