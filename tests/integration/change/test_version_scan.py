"""Change by comparison: what is stored, what goes on beside it, what a restored database does, and what a look costs the source."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from sqlalchemy import event

from include.fusion.change import compare
from include.fusion.change.replay import ReplayRequest
from include.fusion.change.result import ScanResult
from include.fusion.change.search import Search
from include.fusion.change.watcher import states
from include.fusion.errors import SourceShrank
from include.fusion.wiring.look import look_up, warn_regressions
from sandbox.postgres import Postgres
from tests.harness import Harness

NOTE = "insert into pep.ate_evolucao (fkatendimento, datahora, evolucao) values (%s, '2026-02-01', 'nota')"


@pytest.fixture
def harness(postgres: Postgres, tmp_path: Any) -> Iterator[Harness]:
    b = Harness(postgres, tmp_path, "sotech", 60)
    yield b
    b.close()


def pending_ones(b: Harness) -> set[str]:
    return {c for (c,) in b.fila("select chave from PendenciaIntegracao where situacao = 'pendente'")}


def watcher(b: Harness, who: Any) -> bool:
    return bool(who.has_work(states(b.runtime.fusion, [b.runtime.target])[b.runtime.target].watermarks))


def counted(b: Harness) -> None:
    """Wait until the server's counters know of the note: whoever wrote it reports when it goes idle or leaves."""
    notes = "select n_tup_ins from pg_stat_user_tables where relname = 'ate_evolucao'"
    ((has,),) = b.origem("select count(*) from pep.ate_evolucao")
    limit = time.monotonic() + 15
    while b.origem(notes) != [(has,)] and time.monotonic() < limit:
        time.sleep(0.05)


def restore(b: Harness, sql: str, *values: Any) -> None:
    """Rows as an older backup had them: no trigger counts."""
    con = psycopg2.connect(b.dsn["origem"])
    with con, con.cursor() as cur:
        cur.execute("set local session_replication_role = replica")
        cur.execute(sql, values)
    con.close()


def test_what_is_stored_is_what_the_source_sums(harness: Harness) -> None:
    harness.load()
    harness.change(40)
    harness.load()
    queries = harness.runtime.queries
    for r in queries.sistema.snapshots:
        with queries.engine.connect() as con:
            there = {(x["bloco"], x["quantidade"], x["soma"]) for x in queries.rows(con, r.sql_blocks, tamanho=compare.BLOCK)}
        assert set(harness.fila("select bloco, quantidade, soma from retrato where origem = %s", r.nome)) == there


def test_a_version_that_goes_back_is_queued_counted_and_said(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    harness.origem("update sotech.ate_atendimento set queixaprincipal = 'depois do backup' where pkatendimento = 7")
    harness.load()
    harness.deliver()
    restore(harness, "update sotech.ate_atendimento set version = 0, queixaprincipal = 'antes' where pkatendimento = 7")
    with caplog.at_level(logging.WARNING):
        counts = look_up(harness.runtime, ReplayRequest(), manual=True)
    assert counts["versoes_regressivas"] == 1 and pending_ones(harness) == {"7"}
    assert "1 registros da origem com versão menor do que a última vista, ou outros sob a mesma chave: banco restaurado" in caplog.text
    harness.deliver()
    assert harness.divergent() == []


def test_another_row_under_a_key_that_a_restore_gave_again_is_queued_and_said(harness: Harness) -> None:
    harness.load()
    harness.deliver()
    ((key, other),) = harness.origem(
        "select a.pkatendimento, (select max(pkpaciente) from sotech.cdg_paciente where pkpaciente <> a.fkpaciente)"
        " from sotech.ate_atendimento a where a.ativo order by 1 desc limit 1"
    )
    restore(harness, "update sotech.ate_atendimento set uuid = default, fkpaciente = %s where pkatendimento = %s", other, key)
    result = harness.runtime.search().run()
    assert pending_ones(harness) == {str(key)} and result.regressivas == 1
    harness.deliver()
    assert harness.divergent() == []


def test_nothing_is_said_where_no_version_went_back(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    harness.load()
    harness.change(20)
    assert "versoes_regressivas" not in look_up(harness.runtime, ReplayRequest(), manual=True)
    assert warn_regressions(0) == 0 and caplog.text == ""


def test_a_death_between_queueing_and_storing_loses_nothing(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    harness.load()
    harness.deliver()
    harness.origem(NOTE, 5)
    search = harness.runtime.search()

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as m:
        m.setattr(search.snapshots.watermarks, "write", die)  # type: ignore[union-attr]
        with pytest.raises(KeyboardInterrupt):
            search.run()
    assert pending_ones(harness) == set()
    assert harness.load() == 1 and pending_ones(harness) == {"5"}


def test_a_first_look_that_dies_half_way_goes_on(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    search, done = harness.runtime.search(), []

    def tally(_: Any) -> None:
        done.append(1)
        if len(done) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search.run(tally)
    assert pending_ones(harness) == set() and harness.fila("select count(*) from retrato") == [(5,)]
    harness.origem(NOTE, 5)
    assert harness.load() == 60
    harness.deliver()
    assert harness.divergent() == []


def test_a_detail_of_a_record_already_queued_by_a_dying_first_look_is_queued(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The records' own table has begun: from then on every row speaks for itself, seen before or not."""
    monkeypatch.setattr(compare, "BLOCK", 20)
    search = harness.runtime.search()
    search.snapshots._blocks = 1  # type: ignore[union-attr]

    def stop(r: ScanResult) -> None:
        if r.por_origem.get("atendimento"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search.run(stop)
    assert 0 < len(pending_ones(harness)) < 60
    harness.deliver()
    harness.origem(NOTE, 1)
    harness.load()
    assert "1" in pending_ones(harness)


def test_a_commit_between_sums_and_rows_is_seen_at_the_latest_next_time(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    harness.load()
    harness.deliver()
    harness.origem(NOTE, 5)
    queries = harness.runtime.queries
    read, no_meio = queries.rows, [True]

    def rows(con: Any, file: str, **values: Any) -> Any:
        if file == "change_evolucao.sql" and no_meio.pop():
            no_meio.append(False)
            harness.origem(NOTE, 6)
        return read(con, file, **values)

    monkeypatch.setattr(queries, "rows", rows)
    harness.load()
    harness.load()
    assert pending_ones(harness) == {"5", "6"}


def test_a_row_that_commits_late_is_seen(harness: Harness) -> None:
    """No moment, no window: however long its transaction stays open."""
    harness.load()
    con = psycopg2.connect(harness.dsn["origem"])
    con.cursor().execute(NOTE, (9,))
    harness.origem(NOTE, 10)
    harness.load()
    con.commit()
    con.close()
    harness.deliver()
    assert harness.load() == 1 and pending_ones(harness) == {"9"}


def test_two_looks_at_once_queue_the_same_and_see_no_version_go_back(harness: Harness) -> None:
    harness.load()
    results: list[ScanResult] = []
    end = threading.Event()

    def look() -> None:
        runtime = harness.build()
        while not end.is_set():
            results.append(runtime.search().run())

    fios = [threading.Thread(target=look) for _ in range(2)]
    for fio in fios:
        fio.start()
    for n in range(60):
        harness.origem("update sotech.ate_atendimento set queixaprincipal = %s where pkatendimento = %s", f"dor {n}", 1 + n % 5)
    end.set()
    for fio in fios:
        fio.join()
    assert sum(r.regressivas for r in results) == 0
    harness.load()
    harness.deliver()
    assert harness.divergent() == []


def test_physical_deletes_of_a_whole_block_cancel(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "BLOCK", 20)
    harness.load()
    harness.deliver()
    restore(harness, "delete from sotech.ate_atendimento where pkatendimento between 20 and 39")
    harness.load()
    assert harness.fila("select count(*) from retrato where origem = 'atendimento'") == [(3,)]
    harness.deliver()
    assert harness.fusion("select count(*) from registro where cancelado and codigo::int between 20 and 39")[0][0] >= 18


def test_a_table_that_a_restore_has_emptied_cancels_nothing(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "LOSS_MIN", 20)
    harness.load()
    harness.deliver()
    restore(harness, "delete from sotech.ate_atendimento where pkatendimento > 25")
    for _ in range(2):
        with pytest.raises(SourceShrank, match=r"sotech\.ate_atendimento: 25 linhas na origem, 60 da última vez"):
            harness.load()
    assert pending_ones(harness) == set() and watcher(harness, harness.runtime.watcher())
    search = harness.runtime.search()
    search.snapshots._comparer._loss_max = 1  # type: ignore[union-attr]
    search.run()
    assert harness.fila("select count(*) from PendenciaIntegracao where operacao = 'exclusao' and situacao = 'pendente'") == [(35,)]


def test_what_waits_while_a_restore_has_emptied_its_table_is_not_cancelled(harness: Harness) -> None:
    """Its version comes back as it was, so that nothing would ever bring it again."""
    harness.load()
    harness.deliver()
    ((key,),) = harness.origem("select min(pkatendimento) from sotech.ate_atendimento where ativo")
    harness.origem(NOTE, key)
    harness.load()
    restore(harness, "create table sotech.salva as select * from sotech.ate_atendimento")
    restore(harness, "delete from sotech.ate_atendimento")
    result = harness.deliver()
    assert (result.cancelados, result.erros) == (0, 1) and "restauração em andamento?" in str(result.motivos)
    restore(harness, "insert into sotech.ate_atendimento select * from sotech.salva")
    harness.load()
    harness.runtime.fila().reenviar_erros()
    harness.deliver()
    assert harness.divergent() == []


def test_what_was_delivered_or_refused_while_a_restore_had_emptied_a_table_is_read_again(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "LOSS_MIN", 5)
    harness.load()
    harness.deliver()
    ((com_nota,), (other,)) = harness.origem("select distinct fkatendimento from pep.ate_evolucao where ativo order by 1 limit 2")
    for key in (com_nota, other):
        harness.origem(NOTE, key)
    harness.load()
    for table, salva in (("pep.ate_evolucao", "evolucoes"), ("sotech.ate_atendimento", "atendimentos")):
        restore(harness, f"create table sotech.{salva} as select * from {table}")
    restore(harness, "delete from pep.ate_evolucao")
    restore(harness, f"delete from sotech.ate_atendimento where pkatendimento = {other} or pkatendimento > 20")
    result = harness.deliver()
    assert (result.enviados, result.erros) == (1, 1)
    with pytest.raises(SourceShrank):
        harness.load()
    for table, salva in (("pep.ate_evolucao", "evolucoes"), ("sotech.ate_atendimento", "atendimentos")):
        restore(harness, f"insert into {table} select * from sotech.{salva} on conflict do nothing")
    assert harness.load() > 0
    harness.deliver()
    assert harness.divergent() == [] and harness.load() == 0


def test_a_row_that_goes_after_its_attendance_asks_for_nothing(harness: Harness) -> None:
    harness.load()
    harness.deliver()
    ((key,),) = harness.origem("select fkatendimento from pep.ate_evolucao order by 1 limit 1")
    restore(harness, "delete from sotech.ate_atendimento where pkatendimento = %s", key)
    harness.load()
    assert pending_ones(harness) == {str(key)} and harness.deliver().erros == 0
    restore(harness, "delete from pep.ate_evolucao where fkatendimento = %s", key)
    assert harness.load() == 0


def test_a_look_that_fails_half_way_still_says_what_went_back(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(compare, "LOSS_MIN", 20)
    harness.origem("update pep.ate_evolucao set evolucao = 'depois do backup'")
    harness.load()
    restore(harness, "update pep.ate_evolucao set version = 0")
    restore(harness, "delete from sotech.ate_atendimento")
    with pytest.raises(SourceShrank):
        look_up(harness.runtime, ReplayRequest(), manual=True)
    assert "banco restaurado de um backup" in caplog.text


def test_an_attendance_whose_patient_is_missing_is_refused_and_not_cancelled(harness: Harness) -> None:
    """As while a restore has brought back one table and not yet the other."""
    harness.load()
    harness.deliver()
    ((paciente, count),) = harness.origem(
        "select fkpaciente, count(*) from sotech.ate_atendimento where ativo group by fkpaciente order by 1 limit 1"
    )
    restore(harness, "delete from sotech.cdg_paciente where pkpaciente = %s", paciente)
    assert harness.load() == count
    result = harness.deliver()
    assert (result.cancelados, result.erros) == (0, count)
    assert result.motivos == {"paciente.nome: não preenchido na origem": count}


def test_the_watcher_rests_on_still_counters_and_wakes_when_one_moves(harness: Harness) -> None:
    harness.load()
    harness.deliver()
    who, sums = harness.runtime.watcher(), []
    event.listen(harness.runtime.origem, "before_cursor_execute", lambda *a: sums.append(a[2]) if "GROUP BY" in a[2] else None)
    assert not watcher(harness, who)
    assert len(sums) == 12
    for _ in range(5):
        assert not watcher(harness, who)
    assert len(sums) == 12
    harness.origem(NOTE, 5)
    counted(harness)
    assert watcher(harness, who)
    assert len(sums) == 13


def test_the_watcher_keeps_saying_so_until_a_look_has_stored_it(harness: Harness) -> None:
    harness.load()
    who = harness.runtime.watcher()
    harness.origem(NOTE, 5)
    assert watcher(harness, who) and watcher(harness, who)
    harness.load()
    assert not watcher(harness, who)


def test_without_counters_the_watcher_goes_by_time(harness: Harness, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "counters.sql").write_text("-- not here\n")
    harness.runtime.integracao = harness.runtime.integracao.model_copy(update={"pasta_sql": tmp_path})
    harness.runtime.queries.pasta_sql = tmp_path
    harness.load()
    who = harness.runtime.watcher()
    assert not watcher(harness, who)
    harness.origem(NOTE, 5)
    assert not watcher(harness, who)
    monkeypatch.setattr(compare, "RENEWAL", 0)
    monkeypatch.setattr(compare, "REST_IDLE", 0)
    assert watcher(harness, who)


def test_a_lingering_look_compares_only_what_moved(harness: Harness) -> None:
    search = harness.runtime.search()
    assert isinstance(search, Search) and search.snapshots is not None
    snapshots = search.snapshots
    snapshots.run(ScanResult())
    harness.origem(NOTE, 5)
    counted(harness)
    result = ScanResult()
    snapshots.run(result)
    assert result.por_origem == {"evolucao": 1}
