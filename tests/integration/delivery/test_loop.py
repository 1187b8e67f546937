"""The delivery loop on real databases and a real Fusion: what goes wrong outside must lose nothing and double nothing."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fusion_airflow.operators.on_kill import Killable
from include.fusion.delivery.loop import Delivery
from include.fusion.delivery.outage import OUTAGE
from include.fusion.delivery.result import TooManyErrors
from include.fusion.errors import FusionUnauthorized, FusionUnavailable
from include.fusion.reading.reader import ABSENT
from sandbox.fusion.servidor import FusionServer
from sandbox.postgres import Postgres
from tests.harness import Harness


@pytest.fixture(scope="module")
def harness(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    b = Harness(postgres, tmp_path_factory.mktemp("entrega"), "consulfarma", 30)
    b.load()
    b.deliver()
    yield b
    b.close()


@pytest.fixture(autouse=True)
def clean(harness: Harness) -> Iterator[None]:
    """Each test begins with a well Fusion and an empty queue, and leaves nothing doubled."""
    yield
    harness.server.start_run()
    harness.server.clear_faults()
    harness.fila("update ImportacaoAtendimento set proxima_tentativa_em = null where situacao = 'pendente'")
    harness.load()
    harness.deliver()
    assert harness.duplicates() == []
    assert harness.divergent() == []


def states(b: Harness) -> dict[str, int]:
    return dict(b.fila("select situacao, count(*) from ImportacaoAtendimento group by 1"))


def new(b: Harness, count: int = 20) -> int:
    b.change(count)
    return b.load()


def test_everything_arrives_and_a_second_drain_sends_nothing(harness: Harness) -> None:
    new(harness)
    assert harness.deliver().enviados > 0
    assert harness.deliver().processed == 0


def test_unchanged_content_is_concluded_without_sending(harness: Harness) -> None:
    harness.origem("update dbo.Atendimento set AtualizadoEm = clock_timestamp() at time zone 'America/Bahia'")
    assert harness.load() > 0
    result = harness.deliver()
    assert result.inalterados > 0 and result.enviados == 0


@pytest.mark.parametrize(
    "failure",
    [
        {"parcela_reset": 0.3, "reset_depois_de_aplicar": True},
        {"parcela_reset": 0.3, "reset_depois_de_aplicar": False},
        {"parcela_meia_resposta": 0.3},
        {"parcela_500": 0.3},
        {"parcela_429": 0.2, "retry_after": 1},
    ],
    ids=lambda f: "-".join(f"{k}={v}" for k, v in f.items()),
)
def test_flaky_answers_lose_and_double_nothing(harness: Harness, failure: dict[str, Any]) -> None:
    new(harness)
    harness.server.falhas(**failure, semente=3)
    result = harness.deliver()
    assert result.erros == 0 and result.enviados + result.adiados + result.cancelados > 0


def test_outage_releases_the_rows_untried_and_fails_the_task(harness: Harness) -> None:
    new(harness)
    harness.server.stop(signal.SIGKILL)
    with pytest.raises(FusionUnavailable):
        harness.deliver()
    assert harness.fila("select distinct tentativas, reservado_por from ImportacaoAtendimento where situacao = 'pendente'") == [(0, None)]
    harness.server.start_run()
    assert harness.deliver().adiados == 0


def test_a_lone_record_in_an_outage_costs_no_try_either(harness: Harness) -> None:
    new(harness, 1)
    harness.server.stop()
    with pytest.raises(FusionUnavailable):
        harness.deliver()
    assert harness.fila("select max(tentativas) from ImportacaoAtendimento where situacao = 'pendente'") == [(0,)]


def fail_one(b: Harness, status: int = 500) -> str:
    """Fusion fails at one record of the queue, and at no other."""
    key = str(b.fila("select chave from ImportacaoAtendimento where situacao = 'pendente' order by id limit 1")[0][0])
    b.server.falhas(registro=key, registro_status=status)
    return key


def test_a_record_that_only_itself_fails_waits_with_backoff_and_counts(harness: Harness) -> None:
    new(harness)
    key = fail_one(harness)
    result = harness.deliver(espera_inicial=timedelta(seconds=60))
    assert result.adiados == 1 and result.enviados > 0
    assert harness.fila("select max(tentativas) from ImportacaoAtendimento where situacao = 'pendente' and chave = %s", key) == [(1,)]
    assert harness.deliver().processed == 0  # not due yet, nor is anything of the same patients behind it


def test_the_wait_of_a_record_doubles_with_each_of_its_tries(harness: Harness) -> None:
    new(harness, 1)
    key = fail_one(harness)
    wait = "select extract(epoch from proxima_tentativa_em - clock_timestamp())::float from ImportacaoAtendimento where situacao = 'pendente' and chave = %s"
    waits = []
    for _ in range(3):
        assert harness.deliver(espera_inicial=timedelta(hours=1), espera_max=timedelta(hours=9)).adiados > 0
        waits.append(harness.fila(wait, key)[0][0] / 3600)
        harness.fila("update ImportacaoAtendimento set proxima_tentativa_em = null where situacao = 'pendente'")
    assert all(0.7 < seen / usual < 1.3 for seen, usual in zip(waits, (1, 2, 4), strict=True)), waits


def test_too_many_tries_end_in_erro_with_the_reason(harness: Harness) -> None:
    new(harness, 5)
    key = fail_one(harness)
    assert harness.deliver(tentativas_max=1).erros == 1
    [(reason,)] = harness.fila("select motivo from ImportacaoAtendimento where situacao = 'erro' and chave = %s", key)
    assert reason.endswith("HTTP 500 após 1 tentativas") and not reason.startswith(OUTAGE)
    harness.server.clear_faults()
    assert harness.runtime.fila().reenviar_erros() > 0


def test_wrong_credentials_blame_no_record(harness: Harness, tmp_path: Path) -> None:
    new(harness)
    bom = harness.server
    harness.server = FusionServer(harness.dsn["fusion"], tmp_path, token="outro").start_run()
    ok, harness.server.token = harness.server.token, "errado"
    try:
        with pytest.raises(FusionUnauthorized, match="conexão"):
            harness.deliver()
    finally:
        harness.server.token = ok
        harness.server.stop()
        harness.server = bom
    assert "reservado" not in states(harness)


def test_killed_after_sending_is_recognised_even_when_the_marker_moved_meanwhile(harness: Harness) -> None:
    new(harness)
    delivery = harness.delivery()
    delivery.batches.write = lambda batch: None  # the process dies between Fusion's acceptance and its own writing
    delivery.run()
    harness.origem("update dbo.Atendimento set AtualizadoEm = clock_timestamp() at time zone 'America/Bahia'")
    harness.fila("update ImportacaoAtendimento set situacao = 'pendente', reservado_por = null where situacao = 'reservado'")
    assert harness.deliver().erros == 0


def test_a_delivery_that_airflow_ends_gives_its_rows_back(harness: Harness) -> None:
    new(harness)
    harness.server.falhas(atraso_ms=30_000)
    before = signal.signal(signal.SIGTERM, lambda *_: Killable().on_kill())
    warning = threading.Timer(1, os.kill, (os.getpid(), signal.SIGTERM))
    warning.start()
    try:
        with pytest.raises(SystemExit):
            harness.deliver()
    finally:
        signal.signal(signal.SIGTERM, before)
        harness.server.clear_faults()
    assert "reservado" not in states(harness)
    assert harness.deliver().enviados > 0


def test_refused_records_hold_back_nobody_and_say_why(harness: Harness) -> None:
    (bad,) = harness.change(1, invalid="cpf_invalido")
    new(harness, 10)
    result = harness.deliver()
    # A new attendance may be that patient's, too.
    assert result.erros > 0 and result.enviados > 0
    assert dict(result.motivos) == {"paciente.cpf: CPF inválido": result.erros}
    # The other tests' new attendances may be, too.
    harness.origem(
        "update dbo.Paciente set Cpf = null, AtualizadoEm = clock_timestamp() at time zone 'America/Bahia' where PacienteId = %s",
        bad.chave_paciente,
    )


def test_a_systemic_fault_turns_the_run_red_and_says_what_to_do(harness: Harness) -> None:
    new(harness)
    with pytest.raises(TooManyErrors, match="limpe esta tarefa"):
        _with_wrong_path(harness).run()
    harness.runtime.fila().reenviar_erros()


def _with_wrong_path(b: Harness) -> Delivery:
    delivery = b.delivery(minimo_para_parcela=2)
    delivery.batches.routes = [
        replace(route, destination=replace(route.destination, path="/api/Json/999")) for route in delivery.batches.routes
    ]
    return delivery


def test_row_deleted_between_queue_and_read_keeps_its_reason(harness: Harness) -> None:
    change = harness.change(1, invalid=None)[0]
    harness.fila(
        "insert into ImportacaoAtendimento (integracao_id, processo, chave, operacao, prioridade, situacao, tentativas, criado_em, reabrir)"
        " values (12, 'importacao', '987654321', 'alteracao', 5, 'pendente', 0, now(), false)"
    )
    assert change.chave
    assert harness.deliver().motivos[ABSENT] == 1
    harness.runtime.fila().discard(["987654321"], "teste")


def test_replay_with_force_sends_unchanged_content_once_more(harness: Harness) -> None:
    from include.fusion.change.replay import ReplayRequest, enqueue_request

    key = harness.fusion("select codigo from registro where not cancelado limit 1")[0][0]
    m = harness.runtime
    enqueue_request(m.queries, m.fusion, m.fila(), m.ledger, ReplayRequest(atendimento=key, forcar=True), page=100)
    assert harness.deliver().enviados == 1
    harness.fusion("delete from aplicacao where id = (select max(id) from aplicacao)")  # asked for, so no doubling


def test_dry_run_counts_and_touches_nothing(harness: Harness) -> None:
    from include.fusion.change.replay import ReplayRequest
    from include.fusion.delivery.dry_run import simulate

    new(harness)
    before = states(harness), harness.fusion("select count(*) from aplicacao")
    m = harness.runtime
    result = simulate(m.queries, m.fila(), m.reader, ReplayRequest(), limit=1000)
    assert result["enviaria"] > 0 and result["recusaria"] == 0
    assert (states(harness), harness.fusion("select count(*) from aplicacao")) == before


def test_max_records_per_cycle_is_kept(harness: Harness) -> None:
    new(harness, 30)
    delivery = harness.delivery(max_records=5, intervalo=timedelta(seconds=1))
    sizes = []
    write = delivery.batches.write

    def measured(batch: Any) -> None:
        sizes.append(len(batch.outgoings))
        write(batch)

    delivery.batches.write = measured
    delivery.run()
    assert max(sizes) <= 5 and len(sizes) > 1


def test_lingering_run_takes_what_arrives_meanwhile(harness: Harness) -> None:
    remaining_ones = [3]

    def refill(last: bool) -> int:
        if not remaining_ones[0]:
            return 0
        remaining_ones[0] -= 1
        return new(harness, 2)

    delivery = harness.delivery(refill=refill, permanencia=timedelta(seconds=1))
    result = delivery.run()
    assert remaining_ones == [0] and result.enfileirados > 0 and result.processed > 0
    assert not harness.runtime.fila().has_ready()


def test_record_that_keeps_ending_its_workers_goes_to_erro(harness: Harness) -> None:
    new(harness, 1)
    harness.fila("update ImportacaoAtendimento set tentativas = 8 where situacao = 'pendente'")
    result = harness.deliver()
    assert list(result.motivos) == ["processamento interrompido 8 vezes"]
    harness.runtime.fila().reenviar_erros()


def _lose_answers(b: Harness, times_seen: int) -> None:
    """Deliver what is queued, dying each time between Fusion's acceptance and our own writing."""
    for _ in range(times_seen):
        delivery = b.delivery()
        delivery.batches.write = lambda batch: None
        delivery.run()
        b.fila("update ImportacaoAtendimento set situacao = 'pendente', reservado_por = null where situacao = 'reservado'")


def test_content_that_goes_there_and_back_with_every_answer_lost_ends_as_the_source_says(harness: Harness) -> None:
    key = int(harness.fusion("select codigo from registro where not cancelado order by id limit 1")[0][0])
    for complaint in ("dor", "febre", "dor"):
        harness.origem(
            "update dbo.Atendimento set QueixaPrincipal = %s, AtualizadoEm = clock_timestamp() at time zone 'America/Bahia'"
            " where AtendimentoId = %s", complaint, key,
        )  # fmt: skip
        harness.load()
        _lose_answers(harness, 2)
    harness.deliver()
    assert harness.fusion("select corpo ->> 'queixaPrincipal' from registro where codigo = %s", str(key)) == [("dor",)]


def test_cancelled_after_a_send_whose_answer_was_lost_is_cancelled_in_fusion(harness: Harness) -> None:
    new = next(m.chave for m in iter(lambda: harness.change(1)[0], None) if m.operacao == "inclusao")
    harness.load()
    _lose_answers(harness, 1)
    harness.origem(
        "update dbo.Atendimento set Situacao = 'C', AtualizadoEm = clock_timestamp() at time zone 'America/Bahia' where AtendimentoId = %s",
        int(new),
    )
    harness.load()
    harness.deliver()
    assert harness.fusion("select cancelado from registro where codigo = %s", new) == [(True,)]
