"""Outages of Fusion's API while its health page answers: judged by what gets through, on a real Fusion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from include.fusion.delivery.outage import OUTAGE
from include.fusion.errors import FusionUnavailable
from include.fusion.wiring.names import ReplayRequest, look_up
from sandbox.postgres import Postgres
from tests.harness import Harness

NOW = "clock_timestamp() at time zone 'America/Bahia'"


@pytest.fixture(scope="module")
def hub(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    harness = Harness(postgres, tmp_path_factory.mktemp("outage"), "consulfarma", 40)
    harness.load()
    harness.deliver()
    yield harness
    harness.close()


@pytest.fixture(autouse=True)
def everything_arrives_by_itself(hub: Harness) -> Iterator[None]:
    """After each test the faults end, and nobody resends anything."""
    yield
    hub.server.clear_faults()
    hub.fila("update ImportacaoAtendimento set proxima_tentativa_em = null where situacao = 'pendente'")
    change(hub, 1)
    hub.deliver()
    hub.deliver()
    assert hub.divergent() == [] and hub.duplicates() == []
    assert hub.fila("select count(*) from ImportacaoAtendimento where situacao not in ('concluido', 'descartado')") == [(0,)]


def change(hub: Harness, count: int) -> list[str]:
    """So many attendances change; the last of them is cancelled where there are several. Their keys."""
    keys = [int(k) for (k,) in hub.fusion("select codigo from registro where not cancelado order by id limit %s", count)]
    hub.origem(
        f"update dbo.Atendimento set QueixaPrincipal = QueixaPrincipal || '.', AtualizadoEm = {NOW} where AtendimentoId = any(%s)", keys
    )
    if count > 1:
        hub.origem("update dbo.Atendimento set Situacao = 'C' where AtendimentoId = %s", keys[-1])
    assert hub.load()
    return [str(k) for k in keys]


def tries(hub: Harness) -> list[tuple[Any, ...]]:
    return hub.fila("select distinct situacao, tentativas from ImportacaoAtendimento where situacao not in ('concluido', 'descartado')")


@pytest.mark.parametrize(
    "failure",
    [{"parcela_500": 1}, {"parcela_429": 1, "retry_after": 0}, {"parcela_404": 1}, {"parcela_403": 1}],
    ids=lambda f: next(iter(f)),
)
def test_no_try_counts_while_nothing_gets_through(hub: Harness, failure: dict[str, Any]) -> None:
    change(hub, 24)
    hub.server.falhas(**failure)
    for _ in range(2):
        delivery = hub.delivery(tentativas_max=2)
        with pytest.raises(FusionUnavailable):
            delivery.run()
        assert tries(hub) == [("pendente", 0)]
        assert "não contam como tentativa" in delivery.result.digest()


@pytest.mark.parametrize("failure", [{"parcela_500": 1}, {"parcela_403": 1}])
def test_two_records_that_meet_an_outage_cost_no_try_either(hub: Harness, failure: dict[str, Any]) -> None:
    change(hub, 2)
    hub.server.falhas(**failure)
    with pytest.raises(FusionUnavailable):
        hub.deliver(tentativas_max=1)
    assert tries(hub) == [("pendente", 0)]


def test_a_lone_429_waits_as_it_was_told_and_counts_no_try(hub: Harness) -> None:
    change(hub, 1)
    hub.server.falhas(parcela_429=1, retry_after=1)
    assert hub.deliver(tentativas_max=1).sem_resposta == 1
    assert tries(hub) == [("pendente", 0)]


def lone_failure(hub: Harness, status: int, **settings: Any) -> str:
    [key] = change(hub, 1)
    hub.server.falhas(registro=key, registro_status=status)
    hub.deliver(**settings)
    return key


def test_what_ended_in_erro_while_nothing_else_got_through_is_sent_again_at_the_first_success(hub: Harness) -> None:
    lone_failure(hub, 500, tentativas_max=1)
    assert hub.fila("select motivo like %s from ImportacaoAtendimento where situacao = 'erro'", f"{OUTAGE}:%") == [(True,)]
    hub.server.clear_faults()
    change(hub, 3)
    hub.fila(
        "update ImportacaoAtendimento set situacao = 'erro', motivo = %s where situacao = 'pendente' and operacao = 'exclusao'",
        f"{OUTAGE}: x",
    )
    result = hub.deliver()
    assert result.reabertos == 1 and result.cancelados == 1 and "postos de novo na fila" in result.digest()


def test_the_next_run_tries_it_again_even_where_nothing_else_changed(hub: Harness) -> None:
    lone_failure(hub, 500, tentativas_max=1)
    assert look_up(hub.runtime, ReplayRequest(), manual=False)["reenviados"] == 1


def test_a_lone_forbidden_record_stops_nobody_and_ends_after_few_tries(hub: Harness) -> None:
    key = lone_failure(hub, 403)
    for _ in range(2):
        change(hub, 4)
        hub.fila("update ImportacaoAtendimento set proxima_tentativa_em = null where situacao = 'pendente'")
        assert hub.deliver().enviados > 0
    assert hub.fila(
        "select situacao, motivo like %s from ImportacaoAtendimento where chave = %s order by id desc limit 1", "%403%", key
    ) == [("erro", True)]
    hub.runtime.fila().reenviar_erros()
