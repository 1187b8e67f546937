"""MV from its own triggers to Fusion, on real databases: journal, markers, rounds, several queues in one delivery."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg2
import pytest

from include.fusion.change.journal import EsvaziarDiario
from include.fusion.change.replay import atender_pedidos
from include.fusion.store.filas import ItemFila
from sandbox.postgres import Postgres
from tests.bancada import Bancada

AGORA = "clock_timestamp() at time zone 'America/Bahia'"


@pytest.fixture(scope="module")
def modulo(postgres: Postgres, tmp_path_factory: Any) -> Iterator[Bancada]:
    b = Bancada(postgres, tmp_path_factory.mktemp("mv"), "mv", 60)
    b.montagem.carga().marcar_inicio()
    com_todos(b)
    b.entregar()
    yield b
    b.fechar()


@pytest.fixture
def bancada(modulo: Bancada) -> Iterator[Bancada]:
    """Each test begins with everything delivered, and leaves Fusion as the source is."""
    yield modulo
    modulo.carregar()
    modulo.entregar()
    assert modulo.duplicados() == []
    assert modulo.divergentes() == []


def com_todos(b: Bancada) -> None:
    """Queue every attendance, as the initial load does."""
    itens = [ItemFila(str(c), str(p)) for c, p in b.origem("select cd_atendimento, cd_paciente from dbamv.atendime order by 1")]
    with b.montagem.fusion.begin() as con:
        b.montagem.fila().enfileirar(con, itens)


def pendentes(b: Bancada) -> set[tuple[str, str, str]]:
    tabelas = ("ImportacaoAtendimento", "PendenciaIntegracao")
    sql = " union all ".join(f"select processo, chave, operacao from {t} where situacao = 'pendente'" for t in tabelas)
    return set(b.fila(sql))


def internado(b: Bancada) -> tuple[int, int]:
    """An open inpatient stay with a bed: attendance and patient."""
    return b.origem(
        "select cd_atendimento, cd_paciente from dbamv.atendime where dt_alta is null and cd_leito is not null and tp_atendimento = 'I' limit 1"
    )[0]


def em_fusion(b: Bancada, chave: int | str, campo: str) -> Any:
    return b.fusion(f"select corpo -> '{campo}' from registro where entidade = 'atendimento' and codigo = %s", str(chave))[0][0]


def test_a_discharge_and_a_cancelled_discharge_travel_as_alta(bancada: Bancada) -> None:
    chave, _ = internado(bancada)
    bancada.origem(f"update dbamv.atendime set dt_alta = date_trunc('day', {AGORA}), hr_alta = {AGORA} where cd_atendimento = %s", chave)
    bancada.carregar()
    assert ("alta", str(chave), "alteracao") in pendentes(bancada)
    bancada.entregar()
    assert em_fusion(bancada, chave, "situacao") == "FINALIZADO"
    bancada.origem("update dbamv.atendime set dt_alta = null, hr_alta = null where cd_atendimento = %s", chave)
    bancada.carregar()
    bancada.entregar()
    assert (em_fusion(bancada, chave, "situacao"), em_fusion(bancada, chave, "dataFim")) == ("EM_ATENDIMENTO", None)


def test_a_discharge_never_travels_before_its_opening(bancada: Bancada) -> None:
    chave, paciente = internado(bancada)
    fila, alta = bancada.montagem.fila("abertura"), bancada.montagem.fila("alta")
    with bancada.montagem.fusion.begin() as con:
        fila.enfileirar(con, [ItemFila(str(chave), str(paciente), "inclusao")])
        alta.enfileirar(con, [ItemFila(str(chave), str(paciente))])
    assert bancada.entregar(processo="alta").processados == 0
    assert bancada.entregar(processo="abertura").processados == 1
    assert bancada.entregar(processo="alta").processados == 1


@pytest.mark.parametrize("atraso", ["1 minute", "110 minutes"])
def test_vital_signs_typed_late_are_seen_though_the_same_minute_was_seen_before(bancada: Bancada, atraso: str) -> None:
    chave, _ = internado(bancada)
    bancada.origem(f"update dbamv.coleta_sinal_vital set data_coleta = {AGORA} where cd_coleta_sinal_vital = 1")
    bancada.carregar()
    bancada.entregar()
    for _ in range(2):
        bancada.origem(
            "insert into dbamv.coleta_sinal_vital (cd_coleta_sinal_vital, cd_atendimento, data_coleta) values"
            f" (nextval('dbamv.seq_coleta_sinal_vital'), %s, date_trunc('minute', {AGORA}) - interval '{atraso}')",
            chave,
        )
        bancada.carregar()
        assert ("abertura", str(chave), "alteracao") in pendentes(bancada)
        bancada.entregar()


def test_a_prescription_that_is_closed_and_printed_after_its_last_item_arrives(bancada: Bancada) -> None:
    chave, _ = internado(bancada)
    ((receita,),) = bancada.origem(
        "insert into dbamv.pre_med (cd_pre_med, cd_atendimento, cd_prestador, dt_pre_med, hr_pre_med, dt_referencia, dt_validade, sn_fechado, tp_pre_med)"
        f" values (nextval('dbamv.seq_pre_med'), %s, 1, {AGORA}, {AGORA}, {AGORA}, {AGORA}, 'N', 'M') returning cd_pre_med", chave,
    )  # fmt: skip
    bancada.origem(
        "insert into dbamv.itpre_med (cd_itpre_med, cd_pre_med, cd_produto, dh_registro)"
        f" values (nextval('dbamv.seq_itpre_med'), %s, 501, {AGORA} - interval '3 minutes')", receita,
    )  # fmt: skip
    bancada.carregar()
    bancada.entregar()
    antes = len(em_fusion(bancada, chave, "prescricoes"))
    bancada.origem(f"update dbamv.pre_med set sn_fechado = 'S', dh_impressao = {AGORA} where cd_pre_med = %s", receita)
    bancada.carregar()
    bancada.entregar()
    assert len(em_fusion(bancada, chave, "prescricoes")) == antes + 1


def test_a_process_that_is_never_done_keeps_no_other_waiting(bancada: Bancada) -> None:
    """Its turn ends; and where one delivery serves all queues, they take turns."""
    pacientes = dict(bancada.origem("select cd_paciente, max(cd_atendimento) from dbamv.atendime group by 1 limit 8"))
    itens = [ItemFila(str(chave), str(paciente)) for paciente, chave in pacientes.items()]
    m = bancada.montagem
    with m.fusion.begin() as con:
        m.fila("abertura").enfileirar(con, itens[:6])
        m.fila("alta").enfileirar(con, itens[6:])
    entrega = bancada.entrega(processo="abertura", lote=1)
    entrega.p = replace(entrega.p, duracao_max=0.0)
    assert entrega.executar().processados == 1
    ordem: list[str] = []
    entrega = bancada.entrega(lote=1)
    ler = entrega.lotes._ler
    entrega.lotes._ler = lambda via, registros: (ordem.append(via.fila.escopo.processo), ler(via, registros))[1]
    entrega.executar()
    assert ordem[:4] == ["abertura", "alta", "abertura", "alta"]


def test_an_attendance_deleted_after_its_discharge_was_queued_is_cancelled_and_leaves_no_error(bancada: Bancada) -> None:
    nova = next(m for m in iter(lambda: bancada.mudar(1)[0], None) if m.tipo == "exclusao")
    with bancada.montagem.fusion.begin() as con:
        bancada.montagem.fila("alta").enfileirar(con, [ItemFila(nova.chave, nova.chave_paciente)])
    bancada.carregar()
    resultado = bancada.entregar()
    assert resultado.erros == 0
    assert bancada.fila("select distinct situacao from ImportacaoAtendimento where chave = %s and processo = 'alta'", nova.chave) == [
        ("descartado",)
    ]


def test_the_journal_is_emptied_only_after_its_rows_are_queued(bancada: Bancada, monkeypatch: pytest.MonkeyPatch) -> None:
    chave, _ = internado(bancada)
    bancada.origem("update dbamv.atendime set cd_convenio = coalesce(cd_convenio, 0) %% 3 + 1 where cd_atendimento = %s", chave)
    monkeypatch.setattr(EsvaziarDiario, "_apagar", lambda self, ids: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        bancada.carregar()
    assert ("abertura", str(chave), "alteracao") in pendentes(bancada)
    assert bancada.origem("select count(*) from fusion_integracao.importacaoatendimento") != [(0,)]
    monkeypatch.undo()
    bancada.carregar()
    assert bancada.origem("select count(*) from fusion_integracao.importacaoatendimento") == [(0,)]


def test_a_transaction_that_commits_late_is_not_lost(bancada: Bancada) -> None:
    """Its journal row is older than others that were taken before it could be seen."""
    chave, _ = internado(bancada)
    con = psycopg2.connect(bancada.dsn["origem"])
    with con.cursor() as cur:
        cur.execute("update dbamv.atendime set cd_convenio = coalesce(cd_convenio, 0) %% 3 + 1 where cd_atendimento = %s", (chave,))
    bancada.mudar(5)
    bancada.carregar()
    bancada.entregar()
    con.commit()
    con.close()
    bancada.carregar()
    assert ("abertura", str(chave), "alteracao") in pendentes(bancada)


def test_a_changed_patient_goes_as_a_patient_and_on_every_attendance(bancada: Bancada) -> None:
    _, paciente = internado(bancada)
    bancada.origem(f"update dbamv.paciente set nr_endereco = 4321, dt_ultima_atualizacao = {AGORA} where cd_paciente = %s", paciente)
    bancada.carregar()
    assert ("atualizacao_paciente", str(paciente), "alteracao") in pendentes(bancada)
    bancada.entregar()
    sql = "select corpo -> 'endereco' ->> 'numero' from registro where entidade = 'paciente' and codigo = %s"
    assert bancada.fusion(sql, str(paciente)) == [("4321",)]


def test_fusion_asks_for_a_patient_and_gets_all_attendances(bancada: Bancada) -> None:
    m = bancada.montagem
    _, paciente = internado(bancada)
    with m.fusion.begin() as con:
        m.fila_pedidos().enfileirar(con, [ItemFila(str(paciente)), ItemFila("999999999"), ItemFila("x1")])
    from fusion_airflow.operators.carga import PRAZO

    atendidos = atender_pedidos(m.consultas, m.fusion, m.fila_pedidos(), m.fila(), m.livro, "teste#1|", pagina=2, prazo=PRAZO)
    atendimentos = bancada.origem("select count(*) from dbamv.atendime where cd_paciente = %s", paciente)[0][0]
    assert atendidos == (3, atendimentos)
    motivos = dict(bancada.fila("select chave, motivo from PendenciaBuscaAtendimentos where situacao = 'erro'"))
    assert motivos == {"999999999": "paciente sem atendimentos na origem", "x1": "código de paciente em formato inesperado"}


def test_the_round_of_the_icu_queues_its_stays_once_per_interval(bancada: Bancada) -> None:
    bancada.carregar()
    bancada.entregar()
    bancada.fila("update marca_dagua set executado_em = now() - interval '2 minutes' where origem = 'uti_pendentes'")
    bancada.carregar()
    assert "uti" in {p for p, _, _ in pendentes(bancada)}
    bancada.entregar()
    bancada.carregar()
    assert "uti" not in {p for p, _, _ in pendentes(bancada)}


def test_a_second_change_within_one_second_of_the_marker_is_not_taken_for_the_first(bancada: Bancada) -> None:
    """MV's DATEs have whole seconds: both changes carry the same marker."""
    _, paciente = internado(bancada)
    marcador = bancada.origem(f"select date_trunc('second', {AGORA})")[0][0]
    for numero in (11, 12):
        bancada.origem(
            "update dbamv.paciente set nr_endereco = %s, dt_ultima_atualizacao = %s where cd_paciente = %s", numero, marcador, paciente
        )
        bancada.carregar()
        bancada.entregar()
    sql = "select corpo -> 'endereco' ->> 'numero' from registro where entidade = 'paciente' and codigo = %s"
    assert bancada.fusion(sql, str(paciente)) == [("12",)]


def test_moves_show_in_order_with_their_icu_stays(bancada: Bancada) -> None:
    nova = next(m for m in iter(lambda: bancada.mudar(1)[0], None) if m.tipo == "uti_entrada")
    bancada.carregar()
    assert ("troca_leito", nova.chave, "alteracao") in pendentes(bancada)
    bancada.entregar()
    moves = em_fusion(bancada, nova.chave, "movimentacoesLeito")
    assert [x["inicio"] for x in moves] == sorted(x["inicio"] for x in moves)
    assert moves[-1]["uti"] is True and "fim" not in moves[-1]


def test_a_day_in_the_hospital_ends_with_fusion_equal_to_the_source(bancada: Bancada) -> None:
    for _ in range(6):
        bancada.mudar(25)
        bancada.carregar()
        bancada.entregar()
