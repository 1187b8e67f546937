"""Finding changes: nothing is missed, nothing is queued for ever, whatever clocks and transactions do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2
import pytest

from include.fusion.change import open_transactions
from include.fusion.change.open_transactions import OpenTransactions
from include.fusion.change.watcher import IntegracaoState, states
from include.fusion.change.watermark_scan import WatermarkScan
from include.fusion.change.window import Peek
from include.fusion.reading.sql import sql_folder
from sandbox.postgres import Postgres
from tests.harness import Harness

NOW = "clock_timestamp() at time zone 'America/Bahia'"


@pytest.fixture(scope="module")
def harness(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    b = Harness(postgres, tmp_path_factory.mktemp("carga"), "consulfarma", 40)
    yield b
    b.close()


@pytest.fixture(autouse=True)
def read_item(harness: Harness) -> None:
    """Each test begins where everything was seen and the queue is empty."""
    settle(harness)
    harness.fila("delete from ImportacaoAtendimento")


def settle(b: Harness) -> None:
    """Look until a look with the window finds nothing new, as a run does before it ends."""
    while b.load():
        pass


def touch(b: Harness, where: str, when: str = NOW) -> None:
    b.origem(f"update dbo.Atendimento set AtualizadoEm = {when} where {where}")


def in_queue(b: Harness) -> list[str]:
    return [key for (key,) in b.fila("select chave from ImportacaoAtendimento where situacao = 'pendente' order by chave::bigint")]


def test_nothing_new_queues_nothing(harness: Harness) -> None:
    assert harness.load() == 0


def test_change_is_queued_once(harness: Harness) -> None:
    touch(harness, "AtendimentoId = 3")
    assert (harness.load(), harness.load()) == (1, 0)
    assert in_queue(harness) == ["3"]


def test_rows_of_one_timestamp_cross_page_borders(harness: Harness) -> None:
    touch(harness, "AtendimentoId <= 23", f"date_trunc('second', {NOW}) - interval '2 minutes'")
    harness.fila("update marca_dagua set marcador = '2020-01-01T00:00:00.000000' where origem = 'atendimento'")
    carga = harness.runtime.carga()
    carga.page = 5
    carga.run()
    assert set(map(str, range(1, 24))) <= set(in_queue(harness))


def test_more_rows_of_one_instant_than_a_page_are_all_found_though_the_driver_rounds_it_down(
    harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pymssql reads datetime2(7) to the microsecond and sends milliseconds: a site's own SQL may have such a marker."""
    ours = (sql_folder("consulfarma") / "change_atendimento.sql").read_text()
    arredondado = ours.replace("a.AtualizadoEm AS marcador", "date_trunc('milliseconds', a.AtualizadoEm) AS marcador")
    (tmp_path / "change_atendimento.sql").write_text(arredondado)
    harness.origem("alter table dbo.Atendimento alter column AtualizadoEm type timestamp")
    touch(harness, "AtendimentoId <= 23", f"date_trunc('second', {NOW}) - interval '59.9995 seconds'")
    carga = harness.runtime.carga()
    monkeypatch.setattr(carga.queries, "pasta_sql", tmp_path)
    carga.page = 5
    carga.run(window=False)
    assert set(map(str, range(1, 24))) <= set(in_queue(harness))


def test_row_committed_late_is_found_by_the_overlap_window(harness: Harness) -> None:
    outdated = psycopg2.connect(harness.dsn["origem"])
    cur = outdated.cursor()
    cur.execute(f"update dbo.Atendimento set AtualizadoEm = {NOW} where AtendimentoId = 5")
    touch(harness, "AtendimentoId = 6")
    harness.load()
    outdated.commit()
    outdated.close()
    harness.load()
    assert in_queue(harness) == ["5", "6"]


def test_close_looks_skip_the_window_but_not_for_ever(harness: Harness) -> None:
    espreita = Peek(lambda window: harness.runtime.search().run(window=window).enfileirados, every=0.0)
    touch(harness, "AtendimentoId = 6")
    assert espreita() == 1
    touch(harness, "AtendimentoId = 5", f"{NOW} - interval '5 seconds'")
    assert harness.runtime.carga().run(window=False).enfileirados == 0
    assert espreita() == 1


def test_date_in_the_future_is_queued_once_and_does_not_move_the_watermark(harness: Harness) -> None:
    touch(harness, "AtendimentoId = 7", "timestamp '2999-01-01'")
    result = harness.runtime.carga().run()
    assert (result.enfileirados, result.futuros) == (1, 1)
    assert harness.load() == 0
    touch(harness, "AtendimentoId = 8")
    assert harness.load() == 1
    touch(harness, "AtendimentoId = 7")
    harness.load()


def test_row_stamped_ahead_of_the_sources_clock_does_not_hide_what_comes_next(harness: Harness) -> None:
    touch(harness, "AtendimentoId = 7", f"{NOW} + interval '4 minutes'")
    assert [harness.load() for _ in range(2)] == [1, 0]
    touch(harness, "AtendimentoId = 8")
    assert harness.load() == 1 and in_queue(harness) == ["7", "8"]
    touch(harness, "AtendimentoId = 7")


def test_a_marker_that_keeps_its_zone_is_no_row_of_the_future(harness: Harness) -> None:
    kind = "alter table dbo.Atendimento alter column AtualizadoEm type {} using AtualizadoEm at time zone 'America/Bahia'"
    harness.origem(kind.format("timestamptz"))
    try:
        settle(harness)
        touch(harness, "AtendimentoId = 4", "date_trunc('second', now()) - interval '5 seconds'")
        assert [harness.load() for _ in range(2)] == [1, 0]
        [(marker,)] = harness.fila("select marcador from marca_dagua where origem = 'atendimento'")
        assert datetime.now(UTC) - datetime.fromisoformat(marker) < timedelta(minutes=1)
    finally:
        harness.origem(kind.format("timestamp"))
        harness.fila("delete from marca_dagua where origem = 'atendimento'")


def test_queue_and_watermark_stand_or_fall_together(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(harness, "AtendimentoId = 9")
    carga = harness.runtime.carga()
    monkeypatch.setattr(carga.watermarks, "write", lambda *a: (_ for _ in ()).throw(RuntimeError("morto")))
    with pytest.raises(RuntimeError):
        carga.run()
    assert in_queue(harness) == []
    assert harness.load() == 1


def test_live_traffic_beside_an_initial_load_starts_at_now(harness: Harness) -> None:
    harness.fila("delete from marca_dagua")
    m = harness.runtime
    original = m.carga()
    carga = WatermarkScan(
        m.queries, m.fusion, m.fila, m.watermarks(), zone=original.zone, overlap=timedelta(0), page=100, without_watermark="agora"
    )
    assert carga.run().enfileirados == 0
    touch(harness, "AtendimentoId = 4")
    assert carga.run().enfileirados == 1


def test_live_traffic_starts_at_the_now_of_a_source_whose_clock_is_behind(harness: Harness) -> None:
    harness.fila("delete from marca_dagua")
    carga = harness.runtime.carga()
    carga._clock = (time.monotonic(), timedelta(minutes=-10))
    carga.mark_start()
    touch(harness, "AtendimentoId = 4", f"{NOW} - interval '9 minutes 59 seconds'")
    carga.run()
    assert "4" in in_queue(harness)
    touch(harness, "AtendimentoId = 4")


def has_work(b: Harness) -> bool:
    """What a watcher that has just started says."""
    return bool(b.runtime.watcher().has_work(state(b).watermarks))


def state(b: Harness) -> IntegracaoState:
    target = b.runtime.target
    return states(b.runtime.fusion, [target])[target]


def test_watcher_sees_a_change_until_it_is_queued_and_a_last_look_found_nothing_more(harness: Harness) -> None:
    assert not has_work(harness)
    touch(harness, "AtendimentoId = 2")
    assert has_work(harness) and has_work(harness)
    assert harness.runtime.carga().run(window=False).enfileirados == 1
    assert has_work(harness)
    assert harness.load() == 0
    assert not has_work(harness)


def test_a_commit_later_than_the_window_is_found_while_its_transaction_was_seen_open(harness: Harness) -> None:
    carga = harness.runtime.carga()
    carga.overlap = timedelta(milliseconds=500)
    with closing(psycopg2.connect(harness.dsn["origem"])) as late:
        late.cursor().execute("update dbo.Atendimento set AtualizadoEm = now() at time zone 'America/Bahia' where AtendimentoId = 5")
        time.sleep(1.5)
        for key in (6, 7):
            touch(harness, f"AtendimentoId = {key}")
            carga.run()
        assert {"6", "7"} <= set(in_queue(harness))
        assert carga.run().enfileirados == 0
        late.commit()
    carga.run()
    assert "5" in in_queue(harness)


def test_a_transaction_that_somebody_forgot_is_told_and_holds_nothing(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(open_transactions, "OLDEST_MAX", timedelta(seconds=1))
    carga = harness.runtime.carga()
    with closing(psycopg2.connect(harness.dsn["origem"])) as forgotten, harness.runtime.origem.connect() as con:
        forgotten.cursor().execute("select 1")
        time.sleep(1.2)
        touch(harness, "AtendimentoId = 8")
        carga.run()
        assert OpenTransactions().oldest(con) is None
    assert "8" in in_queue(harness)
    assert sum("há mais de uma hora" in record.getMessage() for record in caplog.records) >= 1


def test_watcher_sees_a_late_commit_though_it_never_looked_before(harness: Harness) -> None:
    touch(harness, "AtendimentoId = 11", f"{NOW} - interval '2 hours'")
    touch(harness, "AtendimentoId = 2")
    settle(harness)
    assert not has_work(harness)
    touch(harness, "AtendimentoId = 11", f"{NOW} - interval '10 seconds'")
    assert has_work(harness)


def test_watcher_rests_over_a_change_that_is_no_attendances(harness: Harness) -> None:
    harness.origem("update dbo.Atendimento set Excluido = 1 where PacienteId = (select min(PacienteId) from dbo.Atendimento)")
    touch(harness, "Excluido = 1")
    settle(harness)
    harness.origem(f"update dbo.Paciente set AtualizadoEm = {NOW} where PacienteId = (select min(PacienteId) from dbo.Atendimento)")
    assert has_work(harness)
    assert harness.load() == 0
    assert not has_work(harness)


def test_watcher_sees_a_change_though_another_row_lies_in_the_future(harness: Harness) -> None:
    touch(harness, "AtendimentoId = 12", "timestamp '2999-01-01'")
    settle(harness)
    assert not has_work(harness)
    for _ in range(2):  # The second change moves neither the count nor the newest marker.
        touch(harness, "AtendimentoId = 13")
        assert has_work(harness)
        settle(harness)
        assert not has_work(harness)
    touch(harness, "AtendimentoId = 12")


def in_this_second(b: Harness) -> str:
    """Literal of the source's next second, once it has begun: nothing that came before carries it."""
    started = b.origem(f"select {NOW}")[0][0]
    while (now := b.origem(f"select {NOW}")[0][0]).second == started.second:
        time.sleep(0.02)
    return f"timestamp '{now:%Y-%m-%d %H:%M:%S}'"


def test_close_look_finds_a_smaller_key_of_the_same_second(harness: Harness) -> None:
    carga, second = harness.runtime.carga(), in_this_second(harness)
    touch(harness, "AtendimentoId = 9", second)
    assert carga.run(window=False).enfileirados == 1
    touch(harness, "AtendimentoId = 3", second)
    assert [carga.run(window=False).enfileirados for _ in range(2)] == [1, 0]


def test_second_change_within_a_second_is_found_when_the_second_is_over(harness: Harness) -> None:
    carga, second = harness.runtime.carga(), in_this_second(harness)
    touch(harness, "AtendimentoId = 3", second)
    assert [carga.run().enfileirados for _ in range(2)] == [1, 0]
    assert has_work(harness)
    time.sleep(2)
    assert [carga.run().enfileirados for _ in range(2)] == [1, 0]
    assert not has_work(harness)


def test_watcher_knows_due_rows_and_who_is_on_duty(harness: Harness) -> None:
    from include.fusion.store import presence

    assert state(harness) == IntegracaoState(False, False, state(harness).watermarks)
    touch(harness, "AtendimentoId = 2")
    harness.load()
    assert state(harness).ready
    presence.sign(harness.runtime.fusion, 12, "importacao", True)
    assert state(harness).on_duty
    presence.sign(harness.runtime.fusion, 12, "importacao", False)
    assert not state(harness).on_duty


def test_an_entry_with_every_delivery_switched_off_blinds_no_other_watcher(harness: Harness) -> None:
    touch(harness, "AtendimentoId = 4")
    harness.load()
    target = harness.runtime.target
    switched_off = target._replace(filas=())
    assert {a: s.ready for a, s in states(harness.runtime.fusion, [switched_off, target]).items()} == {switched_off: False, target: True}


def test_sign_of_life_of_a_dead_task_runs_out(harness: Harness) -> None:
    from include.fusion.store import presence

    presence.sign(harness.runtime.fusion, 12, "importacao", True)
    harness.fila("update marca_dagua set executado_em = now() - interval '7 seconds' where origem = 'plantao'")
    assert not state(harness).on_duty


def test_markers_are_stored_with_fixed_width() -> None:
    from include.fusion.change.window import marker_text

    assert len(marker_text(datetime(2026, 1, 1))) == len(marker_text(datetime(2026, 1, 1, 1, 2, 3, 4)))


def test_source_without_watcher_is_due_by_its_interval(harness: Harness) -> None:
    harness.fila("delete from marca_dagua where origem = 'execucao'")
    assert state(harness).is_due(timedelta(hours=23, seconds=5))
    harness.runtime.record_carga()
    assert not state(harness).is_due(timedelta(hours=23, seconds=5)) and not harness.runtime.carga_is_due()
    harness.fila("update marca_dagua set executado_em = now() - interval '23 hours 6 seconds' where origem = 'execucao'")
    assert state(harness).is_due(timedelta(hours=23, seconds=5)) and harness.runtime.carga_is_due()
