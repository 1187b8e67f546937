"""Finding changes: nothing is missed, nothing is queued for ever, whatever clocks and transactions do."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest

from include.fusion.change.watcher import Situacao, situacoes
from include.fusion.change.watermark_scan import Carga
from include.fusion.change.window import Espreita
from include.fusion.reading.sql import sql_folder
from tests.bancada import Bancada

AGORA = "clock_timestamp() at time zone 'America/Bahia'"


@pytest.fixture(scope="module")
def bancada(postgres, tmp_path_factory) -> Iterator[Bancada]:
    b = Bancada(postgres, tmp_path_factory.mktemp("carga"), "consulfarma", 40)
    yield b
    b.fechar()


@pytest.fixture(autouse=True)
def lido(bancada):
    """Each test begins where everything was seen and the queue is empty."""
    assentar(bancada)
    bancada.fila("delete from ImportacaoAtendimento")


def assentar(b: Bancada) -> None:
    """Look until a look with the window finds nothing new, as a run does before it ends."""
    while b.carregar():
        pass


def tocar(b: Bancada, onde: str, quando: str = AGORA) -> None:
    b.origem(f"update dbo.Atendimento set AtualizadoEm = {quando} where {onde}")


def na_fila(b: Bancada) -> list[str]:
    return [chave for (chave,) in b.fila("select chave from ImportacaoAtendimento where situacao = 'pendente' order by chave::bigint")]


def test_nothing_new_queues_nothing(bancada):
    assert bancada.carregar() == 0


def test_change_is_queued_once(bancada):
    tocar(bancada, "AtendimentoId = 3")
    assert (bancada.carregar(), bancada.carregar()) == (1, 0)
    assert na_fila(bancada) == ["3"]


def test_rows_of_one_timestamp_cross_page_borders(bancada):
    tocar(bancada, "AtendimentoId <= 23", f"date_trunc('second', {AGORA}) - interval '2 minutes'")
    bancada.fila("update marca_dagua set marcador = '2020-01-01T00:00:00.000000' where origem = 'atendimento'")
    carga = bancada.montagem.carga()
    carga.pagina = 5
    carga.executar()
    assert set(map(str, range(1, 24))) <= set(na_fila(bancada))


def test_more_rows_of_one_instant_than_a_page_are_all_found_though_the_driver_rounds_it_down(bancada, tmp_path, monkeypatch):
    """pymssql reads datetime2(7) to the microsecond and sends milliseconds: a site's own SQL may have such a marker."""
    nosso = (sql_folder("consulfarma") / "change_atendimento.sql").read_text()
    arredondado = nosso.replace("a.AtualizadoEm AS marcador", "date_trunc('milliseconds', a.AtualizadoEm) AS marcador")
    (tmp_path / "change_atendimento.sql").write_text(arredondado)
    bancada.origem("alter table dbo.Atendimento alter column AtualizadoEm type timestamp")
    tocar(bancada, "AtendimentoId <= 23", f"date_trunc('second', {AGORA}) - interval '59.9995 seconds'")
    carga = bancada.montagem.carga()
    monkeypatch.setattr(carga.consultas, "pasta_sql", tmp_path)
    carga.pagina = 5
    carga.executar(janela=False)
    assert set(map(str, range(1, 24))) <= set(na_fila(bancada))


def test_row_committed_late_is_found_by_the_overlap_window(bancada):
    atrasada = psycopg2.connect(bancada.dsn["origem"])
    cur = atrasada.cursor()
    cur.execute(f"update dbo.Atendimento set AtualizadoEm = {AGORA} where AtendimentoId = 5")
    tocar(bancada, "AtendimentoId = 6")
    bancada.carregar()
    atrasada.commit()
    atrasada.close()
    bancada.carregar()
    assert na_fila(bancada) == ["5", "6"]


def test_close_looks_skip_the_window_but_not_for_ever(bancada):
    espreita = Espreita(lambda janela: bancada.montagem.busca().executar(janela=janela).enfileirados, a_cada=0.0)
    tocar(bancada, "AtendimentoId = 6")
    assert espreita() == 1
    tocar(bancada, "AtendimentoId = 5", f"{AGORA} - interval '5 seconds'")
    assert bancada.montagem.carga().executar(janela=False).enfileirados == 0
    assert espreita() == 1


def test_date_in_the_future_is_queued_once_and_does_not_move_the_watermark(bancada):
    tocar(bancada, "AtendimentoId = 7", "timestamp '2999-01-01'")
    resultado = bancada.montagem.carga().executar()
    assert (resultado.enfileirados, resultado.futuros) == (1, 1)
    assert bancada.carregar() == 0
    tocar(bancada, "AtendimentoId = 8")
    assert bancada.carregar() == 1
    tocar(bancada, "AtendimentoId = 7")
    bancada.carregar()


def test_row_stamped_ahead_of_the_sources_clock_does_not_hide_what_comes_next(bancada):
    tocar(bancada, "AtendimentoId = 7", f"{AGORA} + interval '4 minutes'")
    assert [bancada.carregar() for _ in range(2)] == [1, 0]
    tocar(bancada, "AtendimentoId = 8")
    assert bancada.carregar() == 1 and na_fila(bancada) == ["7", "8"]
    tocar(bancada, "AtendimentoId = 7")


def test_a_marker_that_keeps_its_zone_is_no_row_of_the_future(bancada):
    tipo = "alter table dbo.Atendimento alter column AtualizadoEm type {} using AtualizadoEm at time zone 'America/Bahia'"
    bancada.origem(tipo.format("timestamptz"))
    try:
        assentar(bancada)
        tocar(bancada, "AtendimentoId = 4", "date_trunc('second', now()) - interval '5 seconds'")
        assert [bancada.carregar() for _ in range(2)] == [1, 0]
        [(marcador,)] = bancada.fila("select marcador from marca_dagua where origem = 'atendimento'")
        assert datetime.now(UTC) - datetime.fromisoformat(marcador) < timedelta(minutes=1)
    finally:
        bancada.origem(tipo.format("timestamp"))
        bancada.fila("delete from marca_dagua where origem = 'atendimento'")


def test_queue_and_watermark_stand_or_fall_together(bancada, monkeypatch):
    tocar(bancada, "AtendimentoId = 9")
    carga = bancada.montagem.carga()
    monkeypatch.setattr(carga.marcas, "gravar", lambda *a: (_ for _ in ()).throw(RuntimeError("morto")))
    with pytest.raises(RuntimeError):
        carga.executar()
    assert na_fila(bancada) == []
    assert bancada.carregar() == 1


def test_live_traffic_beside_an_initial_load_starts_at_now(bancada):
    bancada.fila("delete from marca_dagua")
    m = bancada.montagem
    original = m.carga()
    carga = Carga(m.consultas, m.fusion, m.fila, m.marcas(), fuso=original.fuso, sobreposicao=timedelta(0), pagina=100, sem_marca="agora")
    assert carga.executar().enfileirados == 0
    tocar(bancada, "AtendimentoId = 4")
    assert carga.executar().enfileirados == 1


def test_live_traffic_starts_at_the_now_of_a_source_whose_clock_is_behind(bancada):
    bancada.fila("delete from marca_dagua")
    carga = bancada.montagem.carga()
    carga._relogio = (time.monotonic(), timedelta(minutes=-10))
    carga.marcar_inicio()
    tocar(bancada, "AtendimentoId = 4", f"{AGORA} - interval '9 minutes 59 seconds'")
    carga.executar()
    assert "4" in na_fila(bancada)
    tocar(bancada, "AtendimentoId = 4")


def ha_trabalho(b: Bancada) -> bool:
    """What a watcher that has just started says."""
    return bool(b.montagem.vigia().ha_trabalho(estado(b).marcas))


def estado(b: Bancada) -> Situacao:
    alvo = b.montagem.alvo
    return situacoes(b.montagem.fusion, [alvo])[alvo]


def test_watcher_sees_a_change_until_it_is_queued_and_a_last_look_found_nothing_more(bancada):
    assert not ha_trabalho(bancada)
    tocar(bancada, "AtendimentoId = 2")
    assert ha_trabalho(bancada) and ha_trabalho(bancada)
    assert bancada.montagem.carga().executar(janela=False).enfileirados == 1
    assert ha_trabalho(bancada)
    assert bancada.carregar() == 0
    assert not ha_trabalho(bancada)


def test_watcher_sees_a_late_commit_though_it_never_looked_before(bancada):
    tocar(bancada, "AtendimentoId = 11", f"{AGORA} - interval '2 hours'")
    tocar(bancada, "AtendimentoId = 2")
    assentar(bancada)
    assert not ha_trabalho(bancada)
    tocar(bancada, "AtendimentoId = 11", f"{AGORA} - interval '10 seconds'")
    assert ha_trabalho(bancada)


def test_watcher_rests_over_a_change_that_is_no_attendances(bancada):
    bancada.origem("update dbo.Atendimento set Excluido = 1 where PacienteId = (select min(PacienteId) from dbo.Atendimento)")
    tocar(bancada, "Excluido = 1")
    assentar(bancada)
    bancada.origem(f"update dbo.Paciente set AtualizadoEm = {AGORA} where PacienteId = (select min(PacienteId) from dbo.Atendimento)")
    assert ha_trabalho(bancada)
    assert bancada.carregar() == 0
    assert not ha_trabalho(bancada)


def test_watcher_sees_a_change_though_another_row_lies_in_the_future(bancada):
    tocar(bancada, "AtendimentoId = 12", "timestamp '2999-01-01'")
    assentar(bancada)
    assert not ha_trabalho(bancada)
    for _ in range(2):  # The second change moves neither the count nor the newest marker.
        tocar(bancada, "AtendimentoId = 13")
        assert ha_trabalho(bancada)
        assentar(bancada)
        assert not ha_trabalho(bancada)
    tocar(bancada, "AtendimentoId = 12")


def neste_segundo(b: Bancada) -> str:
    """Literal of the source's next second, once it has begun: nothing that came before carries it."""
    comeco = b.origem(f"select {AGORA}")[0][0]
    while (agora := b.origem(f"select {AGORA}")[0][0]).second == comeco.second:
        time.sleep(0.02)
    return f"timestamp '{agora:%Y-%m-%d %H:%M:%S}'"


def test_close_look_finds_a_smaller_key_of_the_same_second(bancada):
    carga, segundo = bancada.montagem.carga(), neste_segundo(bancada)
    tocar(bancada, "AtendimentoId = 9", segundo)
    assert carga.executar(janela=False).enfileirados == 1
    tocar(bancada, "AtendimentoId = 3", segundo)
    assert [carga.executar(janela=False).enfileirados for _ in range(2)] == [1, 0]


def test_second_change_within_a_second_is_found_when_the_second_is_over(bancada):
    carga, segundo = bancada.montagem.carga(), neste_segundo(bancada)
    tocar(bancada, "AtendimentoId = 3", segundo)
    assert [carga.executar().enfileirados for _ in range(2)] == [1, 0]
    assert ha_trabalho(bancada)
    time.sleep(2)
    assert [carga.executar().enfileirados for _ in range(2)] == [1, 0]
    assert not ha_trabalho(bancada)


def test_watcher_knows_due_rows_and_who_is_on_duty(bancada):
    from include.fusion.store import presence

    assert estado(bancada) == Situacao(False, False, estado(bancada).marcas)
    tocar(bancada, "AtendimentoId = 2")
    bancada.carregar()
    assert estado(bancada).prontos
    presence.assinar(bancada.montagem.fusion, 12, "importacao", True)
    assert estado(bancada).de_plantao
    presence.assinar(bancada.montagem.fusion, 12, "importacao", False)
    assert not estado(bancada).de_plantao


def test_an_entry_with_every_delivery_switched_off_blinds_no_other_watcher(bancada):
    tocar(bancada, "AtendimentoId = 4")
    bancada.carregar()
    alvo = bancada.montagem.alvo
    desligado = alvo._replace(filas=())
    assert {a: s.prontos for a, s in situacoes(bancada.montagem.fusion, [desligado, alvo]).items()} == {desligado: False, alvo: True}


def test_sign_of_life_of_a_dead_task_runs_out(bancada):
    from include.fusion.store import presence

    presence.assinar(bancada.montagem.fusion, 12, "importacao", True)
    bancada.fila("update marca_dagua set executado_em = now() - interval '7 seconds' where origem = 'plantao'")
    assert not estado(bancada).de_plantao


def test_markers_are_stored_with_fixed_width():
    from include.fusion.change.window import texto_marcador

    assert len(texto_marcador(datetime(2026, 1, 1))) == len(texto_marcador(datetime(2026, 1, 1, 1, 2, 3, 4)))


def test_source_without_watcher_is_due_by_its_interval(bancada):
    bancada.fila("delete from marca_dagua where origem = 'execucao'")
    assert estado(bancada).venceu(timedelta(hours=23, seconds=5))
    bancada.montagem.registrar_carga()
    assert not estado(bancada).venceu(timedelta(hours=23, seconds=5)) and not bancada.montagem.carga_venceu()
    bancada.fila("update marca_dagua set executado_em = now() - interval '23 hours 6 seconds' where origem = 'execucao'")
    assert estado(bancada).venceu(timedelta(hours=23, seconds=5)) and bancada.montagem.carga_venceu()
