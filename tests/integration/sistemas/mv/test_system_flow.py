"""MV from its own triggers to Fusion, on real databases: journal, markers, rounds, several queues in one delivery."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from include.fusion.change.journal import DrainJournal
from include.fusion.change.replay import ReplayRequest, serve_requests
from include.fusion.store.filas import FilaItem
from include.fusion.wiring.names import reconcile
from sandbox.postgres import Postgres
from tests.harness import Harness

NOW = "clock_timestamp() at time zone 'America/Bahia'"


@pytest.fixture(scope="module")
def module(postgres: Postgres, tmp_path_factory: Any) -> Iterator[Harness]:
    b = Harness(postgres, tmp_path_factory.mktemp("mv"), "mv", 60)
    b.runtime.carga().mark_start()
    with_all(b)
    b.deliver()
    yield b
    b.close()


@pytest.fixture
def harness(module: Harness) -> Iterator[Harness]:
    """Each test begins with everything delivered, and leaves Fusion as the source is."""
    yield module
    module.load()
    module.deliver()
    assert module.duplicates() == []
    assert module.divergent() == []


def with_all(b: Harness) -> None:
    """Queue every attendance, as the initial load does."""
    items = [FilaItem(str(c), str(p)) for c, p in b.origem("select cd_atendimento, cd_paciente from dbamv.atendime order by 1")]
    with b.runtime.fusion.begin() as con:
        b.runtime.fila().enqueue(con, items)


def pending_ones(b: Harness) -> set[tuple[str, str, str]]:
    tables = ("ImportacaoAtendimento", "PendenciaIntegracao")
    sql = " union all ".join(f"select processo, chave, operacao from {t} where situacao = 'pendente'" for t in tables)
    return set(b.fila(sql))


def inpatient(b: Harness) -> tuple[int, int]:
    """An open inpatient stay with a bed: attendance and patient."""
    return b.origem(
        "select cd_atendimento, cd_paciente from dbamv.atendime where dt_alta is null and cd_leito is not null and tp_atendimento = 'I' limit 1"
    )[0]


def in_fusion(b: Harness, key: int | str, field: str) -> Any:
    return b.fusion(f"select corpo -> '{field}' from registro where entidade = 'atendimento' and codigo = %s", str(key))[0][0]


def test_a_discharge_and_a_cancelled_discharge_travel_as_alta(harness: Harness) -> None:
    key, _ = inpatient(harness)
    harness.origem(f"update dbamv.atendime set dt_alta = date_trunc('day', {NOW}), hr_alta = {NOW} where cd_atendimento = %s", key)
    harness.load()
    assert ("alta", str(key), "alteracao") in pending_ones(harness)
    harness.deliver()
    assert in_fusion(harness, key, "situacao") == "FINALIZADO"
    harness.origem("update dbamv.atendime set dt_alta = null, hr_alta = null where cd_atendimento = %s", key)
    harness.load()
    harness.deliver()
    assert (in_fusion(harness, key, "situacao"), in_fusion(harness, key, "dataFim")) == ("EM_ATENDIMENTO", None)


def test_a_discharge_never_travels_before_its_opening(harness: Harness) -> None:
    key, paciente = inpatient(harness)
    fila, alta = harness.runtime.fila("abertura"), harness.runtime.fila("alta")
    with harness.runtime.fusion.begin() as con:
        fila.enqueue(con, [FilaItem(str(key), str(paciente), "inclusao")])
        alta.enqueue(con, [FilaItem(str(key), str(paciente))])
    assert harness.deliver(processo="alta").processed == 0
    assert harness.deliver(processo="abertura").processed == 1
    assert harness.deliver(processo="alta").processed == 1


@pytest.mark.parametrize("delay", ["1 minute", "110 minutes"])
def test_vital_signs_typed_late_are_seen_though_the_same_minute_was_seen_before(harness: Harness, delay: str) -> None:
    key, _ = inpatient(harness)
    harness.origem(f"update dbamv.coleta_sinal_vital set data_coleta = {NOW} where cd_coleta_sinal_vital = 1")
    harness.load()
    harness.deliver()
    for _ in range(2):
        harness.origem(
            "insert into dbamv.coleta_sinal_vital (cd_coleta_sinal_vital, cd_atendimento, data_coleta) values"
            f" (nextval('dbamv.seq_coleta_sinal_vital'), %s, date_trunc('minute', {NOW}) - interval '{delay}')",
            key,
        )
        harness.load()
        assert ("abertura", str(key), "alteracao") in pending_ones(harness)
        harness.deliver()


def test_a_prescription_that_is_closed_and_printed_after_its_last_item_arrives(harness: Harness) -> None:
    key, _ = inpatient(harness)
    ((receita,),) = harness.origem(
        "insert into dbamv.pre_med (cd_pre_med, cd_atendimento, cd_prestador, dt_pre_med, hr_pre_med, dt_referencia, dt_validade, sn_fechado, tp_pre_med)"
        f" values (nextval('dbamv.seq_pre_med'), %s, 1, {NOW}, {NOW}, {NOW}, {NOW}, 'N', 'M') returning cd_pre_med", key,
    )  # fmt: skip
    harness.origem(
        "insert into dbamv.itpre_med (cd_itpre_med, cd_pre_med, cd_produto, dh_registro)"
        f" values (nextval('dbamv.seq_itpre_med'), %s, 501, {NOW} - interval '3 minutes')", receita,
    )  # fmt: skip
    harness.load()
    harness.deliver()
    before = len(in_fusion(harness, key, "prescricoes"))
    harness.origem(f"update dbamv.pre_med set sn_fechado = 'S', dh_impressao = {NOW} where cd_pre_med = %s", receita)
    harness.load()
    harness.deliver()
    assert len(in_fusion(harness, key, "prescricoes")) == before + 1


def test_a_process_that_is_never_done_keeps_no_other_waiting(harness: Harness) -> None:
    """Its turn ends; and where one delivery serves all queues, they take turns."""
    pacientes = dict(harness.origem("select cd_paciente, max(cd_atendimento) from dbamv.atendime group by 1 limit 8"))
    items = [FilaItem(str(key), str(paciente)) for paciente, key in pacientes.items()]
    m = harness.runtime
    with m.fusion.begin() as con:
        m.fila("abertura").enqueue(con, items[:6])
        m.fila("alta").enqueue(con, items[6:])
    delivery = harness.delivery(processo="abertura", lote=1)
    delivery.p = replace(delivery.p, duration_max=0.0)
    assert delivery.run().processed == 1
    order: list[str] = []
    delivery = harness.delivery(lote=1)
    read = delivery.batches._read

    def noted(route: Any, *rest: Any) -> Any:
        order.append(route.fila.scope.processo)
        return read(route, *rest)

    delivery.batches._read = noted
    delivery.run()
    assert order[:4] == ["abertura", "alta", "abertura", "alta"]


def test_an_attendance_deleted_after_its_discharge_was_queued_is_cancelled_and_leaves_no_error(harness: Harness) -> None:
    new = next(m for m in iter(lambda: harness.change(1)[0], None) if m.tipo == "exclusao")
    with harness.runtime.fusion.begin() as con:
        harness.runtime.fila("alta").enqueue(con, [FilaItem(new.chave, new.chave_paciente)])
    harness.load()
    result = harness.deliver()
    assert result.erros == 0
    assert harness.fila("select distinct situacao from ImportacaoAtendimento where chave = %s and processo = 'alta'", new.chave) == [
        ("descartado",)
    ]


def test_a_deleted_attendance_leaves_the_patient_of_its_number_in_the_queue(harness: Harness) -> None:
    new = next(m for m in iter(lambda: harness.change(1)[0], None) if m.tipo == "exclusao")
    patient = harness.runtime.fila("atualizacao_paciente")
    with harness.runtime.fusion.begin() as con:
        patient.enqueue(con, [FilaItem(new.chave, new.chave)])
    harness.load()
    assert ("atualizacao_paciente", new.chave, "alteracao") in pending_ones(harness)


def test_a_patient_that_only_fusion_has_is_cancelled_by_the_reconciliation(harness: Harness) -> None:
    """The source does not list its patients: only reading one tells that it is gone."""
    one = (
        """select (jsonb_populate_record(r, '{"codigo": "999999", "id": 999999}')).* from registro r where entidade = 'paciente' limit 1"""
    )
    harness.fusion(f"insert into registro overriding system value {one}")
    reconcile(harness.runtime, ReplayRequest(), wait=lambda _: None)
    harness.deliver()
    assert harness.fusion("select cancelado from registro where codigo = '999999'") == [(True,)]
    assert harness.fila("select 1 from PendenciaIntegracao where chave = '999999' and situacao = 'erro'") == []


def test_the_journal_is_emptied_only_after_its_rows_are_queued(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    key, _ = inpatient(harness)
    harness.origem("update dbamv.atendime set cd_convenio = coalesce(cd_convenio, 0) %% 3 + 1 where cd_atendimento = %s", key)
    monkeypatch.setattr(DrainJournal, "_take_away", lambda self, *what: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        harness.load()
    assert ("abertura", str(key), "alteracao") in pending_ones(harness)
    assert harness.origem("select count(*) from fusion_integracao.importacaoatendimento") != [(0,)]
    monkeypatch.undo()
    harness.load()
    assert harness.origem("select count(*) from fusion_integracao.importacaoatendimento") == [(0,)]


def test_a_changed_patient_goes_as_a_patient_and_on_every_attendance(harness: Harness) -> None:
    _, paciente = inpatient(harness)
    harness.origem(f"update dbamv.paciente set nr_endereco = 4321, dt_ultima_atualizacao = {NOW} where cd_paciente = %s", paciente)
    harness.load()
    assert ("atualizacao_paciente", str(paciente), "alteracao") in pending_ones(harness)
    harness.deliver()
    sql = "select corpo -> 'endereco' ->> 'numero' from registro where entidade = 'paciente' and codigo = %s"
    assert harness.fusion(sql, str(paciente)) == [("4321",)]


def test_fusion_asks_for_a_patient_and_gets_all_attendances(harness: Harness) -> None:
    m = harness.runtime
    _, paciente = inpatient(harness)
    with m.fusion.begin() as con:
        m.requests_fila().enqueue(con, [FilaItem(str(paciente)), FilaItem("999999999"), FilaItem("x1")])
    from fusion_airflow.operators.carga import LEASE

    atendidos = serve_requests(m.queries, m.fusion, m.requests_fila(), m.fila(), m.ledger, "teste#1|", page=2, lease=LEASE)
    atendimentos = harness.origem("select count(*) from dbamv.atendime where cd_paciente = %s", paciente)[0][0]
    assert atendidos == (3, atendimentos)
    reasons = dict(harness.fila("select chave, motivo from PendenciaBuscaAtendimentos where situacao = 'erro'"))
    assert reasons == {"999999999": "paciente sem atendimentos na origem", "x1": "código de paciente em formato inesperado"}


def test_the_round_of_the_icu_queues_its_stays_once_per_interval(harness: Harness) -> None:
    harness.load()
    harness.deliver()
    harness.fila("update marca_dagua set executado_em = now() - interval '2 minutes' where origem = 'uti_pendentes'")
    harness.load()
    assert "uti" in {p for p, _, _ in pending_ones(harness)}
    harness.deliver()
    harness.load()
    assert "uti" not in {p for p, _, _ in pending_ones(harness)}


def test_a_second_change_within_one_second_of_the_marker_is_not_taken_for_the_first(harness: Harness) -> None:
    """MV's DATEs have whole seconds: both changes carry the same marker."""
    _, paciente = inpatient(harness)
    marker = harness.origem(f"select date_trunc('second', {NOW})")[0][0]
    for number in (11, 12):
        harness.origem(
            "update dbamv.paciente set nr_endereco = %s, dt_ultima_atualizacao = %s where cd_paciente = %s", number, marker, paciente
        )
        harness.load()
        harness.deliver()
    sql = "select corpo -> 'endereco' ->> 'numero' from registro where entidade = 'paciente' and codigo = %s"
    assert harness.fusion(sql, str(paciente)) == [("12",)]


def test_moves_show_in_order_with_their_icu_stays(harness: Harness) -> None:
    new = next(m for m in iter(lambda: harness.change(1)[0], None) if m.tipo == "uti_entrada")
    harness.load()
    assert ("troca_leito", new.chave, "alteracao") in pending_ones(harness)
    harness.deliver()
    moves = in_fusion(harness, new.chave, "movimentacoesLeito")
    assert [x["inicio"] for x in moves] == sorted(x["inicio"] for x in moves)
    assert moves[-1]["uti"] is True and "fim" not in moves[-1]
