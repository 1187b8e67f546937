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
from include.fusion.change.replay import Pedido
from include.fusion.change.result import ResultadoCarga
from include.fusion.change.version_scan import Retratos
from include.fusion.change.watcher import situacoes
from include.fusion.errors import OrigemEncolheu
from include.fusion.wiring.look import avisar_regressivas, buscar
from sandbox.postgres import Postgres
from tests.bancada import Bancada

NOTA = "insert into pep.ate_evolucao (fkatendimento, datahora, evolucao) values (%s, '2026-02-01', 'nota')"


@pytest.fixture
def bancada(postgres: Postgres, tmp_path: Any) -> Iterator[Bancada]:
    b = Bancada(postgres, tmp_path, "sotech", 60)
    yield b
    b.fechar()


def pendentes(b: Bancada) -> set[str]:
    return {c for (c,) in b.fila("select chave from PendenciaIntegracao where situacao = 'pendente'")}


def vigia(b: Bancada, quem: Any) -> bool:
    return bool(quem.ha_trabalho(situacoes(b.montagem.fusion, [b.montagem.alvo])[b.montagem.alvo].marcas))


def contada(b: Bancada) -> None:
    """Wait until the server's counters know of the note: whoever wrote it reports when it goes idle or leaves."""
    notas = "select n_tup_ins from pg_stat_user_tables where relname = 'ate_evolucao'"
    ((tem,),) = b.origem("select count(*) from pep.ate_evolucao")
    limite = time.monotonic() + 15
    while b.origem(notas) != [(tem,)] and time.monotonic() < limite:
        time.sleep(0.05)


def restaurar(b: Bancada, sql: str, *valores: Any) -> None:
    """Rows as an older backup had them: no trigger counts."""
    con = psycopg2.connect(b.dsn["origem"])
    with con, con.cursor() as cur:
        cur.execute("set local session_replication_role = replica")
        cur.execute(sql, valores)
    con.close()


def test_what_is_stored_is_what_the_source_sums(bancada: Bancada) -> None:
    bancada.carregar()
    bancada.mudar(40)
    bancada.carregar()
    consultas = bancada.montagem.consultas
    for r in consultas.sistema.retratos:
        with consultas.engine.connect() as con:
            la = {(x["bloco"], x["quantidade"], x["soma"]) for x in consultas.linhas(con, r.sql_blocos, tamanho=compare.BLOCO)}
        assert set(bancada.fila("select bloco, quantidade, soma from retrato where origem = %s", r.nome)) == la


def test_a_version_that_goes_back_is_queued_counted_and_said(bancada: Bancada, caplog: pytest.LogCaptureFixture) -> None:
    bancada.origem("update sotech.ate_atendimento set queixaprincipal = 'depois do backup' where pkatendimento = 7")
    bancada.carregar()
    bancada.entregar()
    restaurar(bancada, "update sotech.ate_atendimento set version = 0, queixaprincipal = 'antes' where pkatendimento = 7")
    with caplog.at_level(logging.WARNING):
        contagens = buscar(bancada.montagem, Pedido(), manual=True)
    assert contagens["versoes_regressivas"] == 1 and pendentes(bancada) == {"7"}
    assert "1 registros da origem com versão menor do que a última vista, ou outros sob a mesma chave: banco restaurado" in caplog.text
    bancada.entregar()
    assert bancada.divergentes() == []


def test_another_row_under_a_key_that_a_restore_gave_again_is_queued_and_said(bancada: Bancada) -> None:
    bancada.carregar()
    bancada.entregar()
    ((chave, outro),) = bancada.origem(
        "select a.pkatendimento, (select max(pkpaciente) from sotech.cdg_paciente where pkpaciente <> a.fkpaciente)"
        " from sotech.ate_atendimento a where a.ativo order by 1 desc limit 1"
    )
    restaurar(bancada, "update sotech.ate_atendimento set uuid = default, fkpaciente = %s where pkatendimento = %s", outro, chave)
    resultado = bancada.montagem.busca().executar()
    assert pendentes(bancada) == {str(chave)} and resultado.regressivas == 1
    bancada.entregar()
    assert bancada.divergentes() == []


def test_nothing_is_said_where_no_version_went_back(bancada: Bancada, caplog: pytest.LogCaptureFixture) -> None:
    bancada.carregar()
    bancada.mudar(20)
    assert "versoes_regressivas" not in buscar(bancada.montagem, Pedido(), manual=True)
    assert avisar_regressivas(0) == 0 and caplog.text == ""


def test_a_death_between_queueing_and_storing_loses_nothing(bancada: Bancada, monkeypatch: pytest.MonkeyPatch) -> None:
    bancada.carregar()
    bancada.entregar()
    bancada.origem(NOTA, 5)
    busca = bancada.montagem.busca()

    def morrer(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as m:
        m.setattr(busca.retratos.marcas, "gravar", morrer)  # type: ignore[union-attr]
        with pytest.raises(KeyboardInterrupt):
            busca.executar()
    assert pendentes(bancada) == set()
    assert bancada.carregar() == 1 and pendentes(bancada) == {"5"}


def test_a_first_look_that_dies_half_way_goes_on(bancada: Bancada, monkeypatch: pytest.MonkeyPatch) -> None:
    busca, feitas = bancada.montagem.busca(), []

    def contar(_: Any) -> None:
        feitas.append(1)
        if len(feitas) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        busca.executar(contar)
    assert pendentes(bancada) == set() and bancada.fila("select count(*) from retrato") == [(5,)]
    bancada.origem(NOTA, 5)
    assert bancada.carregar() == 60
    bancada.entregar()
    assert bancada.divergentes() == []


def test_a_detail_of_a_record_already_queued_by_a_dying_first_look_is_queued(bancada: Bancada, monkeypatch: pytest.MonkeyPatch) -> None:
    """The records' own table has begun: from then on every row speaks for itself, seen before or not."""
    monkeypatch.setattr(compare, "BLOCO", 20)
    busca = bancada.montagem.busca()
    busca.retratos._blocos = 1  # type: ignore[union-attr]

    def parar(r: ResultadoCarga) -> None:
        if r.por_origem.get("atendimento"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        busca.executar(parar)
    assert 0 < len(pendentes(bancada)) < 60
    bancada.entregar()
    bancada.origem(NOTA, 1)
    bancada.carregar()
    assert "1" in pendentes(bancada)


def test_a_commit_between_sums_and_rows_is_seen_at_the_latest_next_time(bancada: Bancada, monkeypatch: pytest.MonkeyPatch) -> None:
    bancada.carregar()
    bancada.entregar()
    bancada.origem(NOTA, 5)
    consultas = bancada.montagem.consultas
    ler, no_meio = consultas.linhas, [True]

    def linhas(con: Any, arquivo: str, **valores: Any) -> Any:
        if arquivo == "change_evolucao.sql" and no_meio.pop():
            no_meio.append(False)
            bancada.origem(NOTA, 6)
        return ler(con, arquivo, **valores)

    monkeypatch.setattr(consultas, "linhas", linhas)
    bancada.carregar()
    bancada.carregar()
    assert pendentes(bancada) == {"5", "6"}


def test_a_row_that_commits_late_is_seen(bancada: Bancada) -> None:
    """No moment, no window: however long its transaction stays open."""
    bancada.carregar()
    con = psycopg2.connect(bancada.dsn["origem"])
    con.cursor().execute(NOTA, (9,))
    bancada.origem(NOTA, 10)
    bancada.carregar()
    con.commit()
    con.close()
    bancada.entregar()
    assert bancada.carregar() == 1 and pendentes(bancada) == {"9"}


def test_two_looks_at_once_queue_the_same_and_see_no_version_go_back(bancada: Bancada) -> None:
    bancada.carregar()
    resultados: list[ResultadoCarga] = []
    fim = threading.Event()

    def olhar() -> None:
        montagem = bancada.montar()
        while not fim.is_set():
            resultados.append(montagem.busca().executar())

    fios = [threading.Thread(target=olhar) for _ in range(2)]
    for fio in fios:
        fio.start()
    for n in range(60):
        bancada.origem("update sotech.ate_atendimento set queixaprincipal = %s where pkatendimento = %s", f"dor {n}", 1 + n % 5)
    fim.set()
    for fio in fios:
        fio.join()
    assert sum(r.regressivas for r in resultados) == 0
    bancada.carregar()
    bancada.entregar()
    assert bancada.divergentes() == []


def test_physical_deletes_of_a_whole_block_cancel(bancada: Bancada, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "BLOCO", 20)
    bancada.carregar()
    bancada.entregar()
    restaurar(bancada, "delete from sotech.ate_atendimento where pkatendimento between 20 and 39")
    bancada.carregar()
    assert bancada.fila("select count(*) from retrato where origem = 'atendimento'") == [(3,)]
    bancada.entregar()
    assert bancada.fusion("select count(*) from registro where cancelado and codigo::int between 20 and 39")[0][0] >= 18


def test_a_table_that_a_restore_has_emptied_cancels_nothing(bancada: Bancada, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "PERDA_MIN", 20)
    bancada.carregar()
    bancada.entregar()
    restaurar(bancada, "delete from sotech.ate_atendimento where pkatendimento > 25")
    for _ in range(2):
        with pytest.raises(OrigemEncolheu, match=r"sotech\.ate_atendimento: 25 linhas na origem, 60 da última vez"):
            bancada.carregar()
    assert pendentes(bancada) == set() and vigia(bancada, bancada.montagem.vigia())
    busca = bancada.montagem.busca()
    busca.retratos._comparador._perda_max = 1  # type: ignore[union-attr]
    busca.executar()
    assert bancada.fila("select count(*) from PendenciaIntegracao where operacao = 'exclusao' and situacao = 'pendente'") == [(35,)]


def test_what_waits_while_a_restore_has_emptied_its_table_is_not_cancelled(bancada: Bancada) -> None:
    """Its version comes back as it was, so that nothing would ever bring it again."""
    bancada.carregar()
    bancada.entregar()
    ((chave,),) = bancada.origem("select min(pkatendimento) from sotech.ate_atendimento where ativo")
    bancada.origem(NOTA, chave)
    bancada.carregar()
    restaurar(bancada, "create table sotech.salva as select * from sotech.ate_atendimento")
    restaurar(bancada, "delete from sotech.ate_atendimento")
    resultado = bancada.entregar()
    assert (resultado.cancelados, resultado.erros) == (0, 1) and "restauração em andamento?" in str(resultado.motivos)
    restaurar(bancada, "insert into sotech.ate_atendimento select * from sotech.salva")
    bancada.carregar()
    bancada.montagem.fila().reenviar_erros()
    bancada.entregar()
    assert bancada.divergentes() == []


def test_what_was_delivered_or_refused_while_a_restore_had_emptied_a_table_is_read_again(
    bancada: Bancada, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "PERDA_MIN", 5)
    bancada.carregar()
    bancada.entregar()
    ((com_nota,), (outro,)) = bancada.origem("select distinct fkatendimento from pep.ate_evolucao where ativo order by 1 limit 2")
    for chave in (com_nota, outro):
        bancada.origem(NOTA, chave)
    bancada.carregar()
    for tabela, salva in (("pep.ate_evolucao", "evolucoes"), ("sotech.ate_atendimento", "atendimentos")):
        restaurar(bancada, f"create table sotech.{salva} as select * from {tabela}")
    restaurar(bancada, "delete from pep.ate_evolucao")
    restaurar(bancada, f"delete from sotech.ate_atendimento where pkatendimento = {outro} or pkatendimento > 20")
    resultado = bancada.entregar()
    assert (resultado.enviados, resultado.erros) == (1, 1)
    with pytest.raises(OrigemEncolheu):
        bancada.carregar()
    for tabela, salva in (("pep.ate_evolucao", "evolucoes"), ("sotech.ate_atendimento", "atendimentos")):
        restaurar(bancada, f"insert into {tabela} select * from sotech.{salva} on conflict do nothing")
    assert bancada.carregar() > 0
    bancada.entregar()
    assert bancada.divergentes() == [] and bancada.carregar() == 0


def test_a_row_that_goes_after_its_attendance_asks_for_nothing(bancada: Bancada) -> None:
    bancada.carregar()
    bancada.entregar()
    ((chave,),) = bancada.origem("select fkatendimento from pep.ate_evolucao order by 1 limit 1")
    restaurar(bancada, "delete from sotech.ate_atendimento where pkatendimento = %s", chave)
    bancada.carregar()
    assert pendentes(bancada) == {str(chave)} and bancada.entregar().erros == 0
    restaurar(bancada, "delete from pep.ate_evolucao where fkatendimento = %s", chave)
    assert bancada.carregar() == 0


def test_a_look_that_fails_half_way_still_says_what_went_back(
    bancada: Bancada, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(compare, "PERDA_MIN", 20)
    bancada.origem("update pep.ate_evolucao set evolucao = 'depois do backup'")
    bancada.carregar()
    restaurar(bancada, "update pep.ate_evolucao set version = 0")
    restaurar(bancada, "delete from sotech.ate_atendimento")
    with pytest.raises(OrigemEncolheu):
        buscar(bancada.montagem, Pedido(), manual=True)
    assert "banco restaurado de um backup" in caplog.text


def test_an_attendance_whose_patient_is_missing_is_refused_and_not_cancelled(bancada: Bancada) -> None:
    """As while a restore has brought back one table and not yet the other."""
    bancada.carregar()
    bancada.entregar()
    ((paciente, quantas),) = bancada.origem(
        "select fkpaciente, count(*) from sotech.ate_atendimento where ativo group by fkpaciente order by 1 limit 1"
    )
    restaurar(bancada, "delete from sotech.cdg_paciente where pkpaciente = %s", paciente)
    assert bancada.carregar() == quantas
    resultado = bancada.entregar()
    assert (resultado.cancelados, resultado.erros) == (0, quantas)
    assert resultado.motivos == {"paciente.nome: não preenchido na origem": quantas}


def test_the_watcher_rests_on_still_counters_and_wakes_when_one_moves(bancada: Bancada) -> None:
    bancada.carregar()
    bancada.entregar()
    quem, somas = bancada.montagem.vigia(), []
    event.listen(bancada.montagem.origem, "before_cursor_execute", lambda *a: somas.append(a[2]) if "GROUP BY" in a[2] else None)
    assert not vigia(bancada, quem)
    assert len(somas) == 12
    for _ in range(5):
        assert not vigia(bancada, quem)
    assert len(somas) == 12
    bancada.origem(NOTA, 5)
    contada(bancada)
    assert vigia(bancada, quem)
    assert len(somas) == 13


def test_the_watcher_keeps_saying_so_until_a_look_has_stored_it(bancada: Bancada) -> None:
    bancada.carregar()
    quem = bancada.montagem.vigia()
    bancada.origem(NOTA, 5)
    assert vigia(bancada, quem) and vigia(bancada, quem)
    bancada.carregar()
    assert not vigia(bancada, quem)


def test_without_counters_the_watcher_goes_by_time(bancada: Bancada, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "counters.sql").write_text("-- not here\n")
    bancada.montagem.integracao = bancada.montagem.integracao.model_copy(update={"pasta_sql": tmp_path})
    bancada.montagem.consultas.pasta_sql = tmp_path
    bancada.carregar()
    quem = bancada.montagem.vigia()
    assert not vigia(bancada, quem)
    bancada.origem(NOTA, 5)
    assert not vigia(bancada, quem)
    monkeypatch.setattr(compare, "RENOVACAO", 0)
    monkeypatch.setattr(compare, "DESCANSO_PARADA", 0)
    assert vigia(bancada, quem)


def test_a_lingering_look_compares_only_what_moved(bancada: Bancada) -> None:
    retratos: Retratos | None = bancada.montagem.busca().retratos
    assert retratos is not None
    retratos.executar(ResultadoCarga())
    bancada.origem(NOTA, 5)
    contada(bancada)
    resultado = ResultadoCarga()
    retratos.executar(resultado)
    assert resultado.por_origem == {"evolucao": 1}
