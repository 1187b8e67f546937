"""The queue's rules, one at a time, on a real PostgreSQL."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from include.fusion.settings import obtain
from include.fusion.store.filas import Fila, FilaItem, FilaRow, Outcome
from include.fusion.store.filas.postgresql import PER_PACIENTE
from include.fusion.wiring.names import CARGA_INICIAL, Runtime
from tests.plain_settings import as_data, from_data

MINUTE = timedelta(minutes=1)
EXPIRED = timedelta(seconds=-1)


@pytest.fixture
def fila(engine: Engine) -> Fila:
    return Fila(engine, 12, "importacao")


def separator(fila: Fila, *items: FilaItem) -> int:
    with fila._engine.begin() as con:
        return fila.enqueue(con, items)


def end_process(fila: Fila, owner: str, *outcomes: Outcome) -> int:
    with fila._engine.begin() as con:
        return fila.record(con, owner, outcomes)


def rows(fila: Fila) -> list[Any]:
    with fila._engine.connect() as con:
        return list(con.execute(text("select * from ImportacaoAtendimento order by id")))


def one(fila: Fila, owner: str = "a") -> FilaRow:
    [record] = fila.reserve(1, owner, MINUTE)
    return record


def test_rows_of_a_process_that_is_switched_off_hold_up_no_patient(fila: Fila) -> None:
    uti = Fila(fila._engine, 12, "uti")
    separator(uti, FilaItem("1", "p"))
    separator(fila, FilaItem("2", "p"))
    assert not fila.has_ready()
    is_free = Fila(fila._engine, 12, "importacao", parked=("uti",))
    assert is_free.has_ready()
    assert one(is_free).chave == "2"
    assert not uti.has_ready()


def test_an_entry_tells_its_queues_which_processes_are_off(engine: Engine) -> None:
    data = as_data(obtain("mv"))
    data["processamento_pendencia_uti"]["habilitado"] = False
    runtime = Runtime(from_data(data), lambda _: engine)
    parked = {name: runtime.fila(name).scope.parked for name in ("abertura", CARGA_INICIAL, "atualizacao_paciente")}
    assert parked == {"abertura": ("uti",), CARGA_INICIAL: ("uti",), "atualizacao_paciente": ()}


def test_a_second_change_of_a_key_coalesces(fila: Fila) -> None:
    separator(fila, FilaItem("1", "p", "inclusao", 9))
    separator(fila, FilaItem("1", "p", "alteracao", 5))
    [row] = rows(fila)
    assert (row.operacao, row.prioridade, row.situacao) == ("inclusao", 5, "pendente")


def test_repeated_keys_in_one_call_coalesce_to_the_last_operation(fila: Fila) -> None:
    assert separator(fila, FilaItem("1", "p", "inclusao"), FilaItem("2", "q"), FilaItem("1", "p", "exclusao")) == 2
    assert [x.operacao for x in rows(fila)] == ["exclusao", "alteracao"]


def test_many_items_go_through_copy_and_coalesce_across_blocks(fila: Fila) -> None:
    separator(fila, FilaItem("7", "p", "exclusao", 9))
    assert separator(fila, *(FilaItem(str(n % 25_000), f"p\t{n}\\", prioridade=5) for n in range(45_000))) == 45_000
    assert len(rows(fila)) == 25_000
    assert rows(fila)[0].operacao == "alteracao"
    assert rows(fila)[1].chave_paciente == "p\t25000\\"


@pytest.mark.parametrize("quantos", [1, 3000])
@pytest.mark.parametrize(
    "bad",
    [FilaItem("a\x00b"), FilaItem("x" * 201), FilaItem(""), FilaItem("a", "\ud800"), FilaItem("a", "p", "outra")],  # type: ignore[arg-type]
)
def test_a_bad_item_touches_nothing(fila: Fila, bad: FilaItem, quantos: int) -> None:
    with fila._engine.begin() as con, pytest.raises(ValueError, match="item"):
        fila.enqueue(con, [*(FilaItem(str(n)) for n in range(quantos)), bad])
    assert rows(fila) == []


def test_a_change_during_the_flight_reopens_the_row(fila: Fila) -> None:
    separator(fila, FilaItem("1", "p", "inclusao"))
    record = one(fila)
    separator(fila, FilaItem("1", "p"))
    assert end_process(fila, "a", Outcome(record, "concluido", versao="v")) == 1
    assert (one(fila, "b").operacao, rows(fila)[0].reabrir) == ("alteracao", False)


@pytest.mark.parametrize("situacao", ["erro", "descartado", "devolvido"])
def test_a_reopened_row_survives_any_outcome(fila: Fila, situacao: Any) -> None:
    separator(fila, FilaItem("1", "p", "inclusao"))
    record = one(fila)
    separator(fila, FilaItem("1", "p"))
    end_process(fila, "a", Outcome(record, situacao, "x"))
    assert one(fila, "b").operacao == "inclusao"


def test_an_error_row_is_pending_again_after_a_newer_change(fila: Fila) -> None:
    separator(fila, FilaItem("1", "p"))
    end_process(fila, "a", Outcome(one(fila), "erro", "campo: m" * 100))
    assert (len(rows(fila)[0].motivo), rows(fila)[0].reservado_por) == (300, "a")
    separator(fila, FilaItem("1", "p"))
    assert one(fila).tentativas == 0 and len(rows(fila)) == 1


def test_a_concluded_key_gets_a_new_row(fila: Fila) -> None:
    separator(fila, FilaItem("1", "p"))
    end_process(fila, "a", Outcome(one(fila), "concluido", versao="v1"))
    separator(fila, FilaItem("1", "p"))
    assert [(x.situacao, x.versao_conteudo) for x in rows(fila)] == [("concluido", "v1"), ("pendente", None)]


def test_an_expired_lease_returns_the_row_and_its_old_owner_writes_nothing(fila: Fila) -> None:
    separator(fila, FilaItem("1", "p"))
    [old] = fila.reserve(1, "a", EXPIRED)
    assert one(fila, "b").tentativas == 1
    assert end_process(fila, "a", Outcome(old, "concluido")) == 0
    assert rows(fila)[0].situacao == "reservado"


def test_a_renewed_lease_does_not_expire(fila: Fila) -> None:
    separator(fila, FilaItem("1", "p"))
    fila.reserve(1, "a", EXPIRED)
    assert len(fila.renew("a", MINUTE)) == 1
    assert fila.reserve(1, "b", MINUTE) == []


def test_rows_of_one_patient_travel_in_one_batch_and_in_order(fila: Fila) -> None:
    separator(fila, FilaItem("1", "p"), FilaItem("2", "q"), FilaItem("3", "p"), FilaItem("4", "p", prioridade=9))
    first_ones = fila.reserve(3, "a", MINUTE)
    assert [r.chave for r in first_ones] == ["1", "2", "3"]
    assert fila.reserve(9, "b", MINUTE) == []
    end_process(fila, "a", *(Outcome(r, "concluido") for r in first_ones[1:]))
    assert fila.reserve(9, "b", MINUTE) == []
    end_process(fila, "a", Outcome(first_ones[0], "concluido"))
    assert one(fila).chave == "4"


def test_one_patient_does_not_fill_a_batch(fila: Fila) -> None:
    separator(fila, *(FilaItem(str(n), "p") for n in range(PER_PACIENTE + 3)), FilaItem("outro", "q"))
    assert [r.chave for r in fila.reserve(99, "a", MINUTE)] == [*map(str, range(PER_PACIENTE)), "outro"]


def test_order_holds_across_the_processes_of_an_integration(fila: Fila) -> None:
    other, foreign = Fila(fila._engine, 12, "carga"), Fila(fila._engine, 13, "importacao")
    separator(fila, FilaItem("1", "p"))
    separator(other, FilaItem("2", "p"))
    separator(foreign, FilaItem("3", "p"))
    assert (other.reserve(1, "b", MINUTE), one(foreign).chave) == ([], "3")
    one(fila)
    assert other.reserve(1, "b", MINUTE) == []


def test_unknown_patients_do_not_wait_for_each_other(fila: Fila) -> None:
    separator(fila, FilaItem("1"), FilaItem("2", ""))
    assert [(r.chave, r.chave_paciente) for r in fila.reserve(9, "a", MINUTE)] == [("1", ""), ("2", "")]


def test_smaller_priority_goes_first_even_within_a_patient(fila: Fila) -> None:
    separator(fila, FilaItem("1", "p", prioridade=9), FilaItem("2", "q", prioridade=9), FilaItem("3", "p", prioridade=5))
    assert [r.chave for r in fila.reserve(9, "a", MINUTE)] == ["3", "1", "2"]


def test_a_row_waiting_for_its_retry_holds_back_its_patient(fila: Fila) -> None:
    separator(fila, FilaItem("1", "p"), FilaItem("2", "p"))
    end_process(fila, "a", Outcome(one(fila), "adiado", "indisponível", espera=0.2))
    assert fila.reserve(9, "a", MINUTE) == []
    time.sleep(0.25)
    assert (one(fila).chave, rows(fila)[0].tentativas) == ("1", 1)


def test_an_error_row_does_not_hold_back_its_patient(fila: Fila) -> None:
    separator(fila, FilaItem("1", "p"), FilaItem("2", "p"))
    end_process(fila, "a", Outcome(one(fila), "erro", "x"))
    assert one(fila).chave == "2"


def test_a_returned_row_counts_no_try(fila: Fila) -> None:
    separator(fila, FilaItem("1", "p"))
    end_process(fila, "a", Outcome(one(fila), "devolvido"))
    assert one(fila).tentativas == 0


def test_a_filter_does_not_overtake_a_row_of_the_same_patient(fila: Fila) -> None:
    separator(fila, *(FilaItem(str(n), "p") for n in range(3)))
    assert [r.chave for r in fila.reserve(9, "a", MINUTE, keys=["0", "2"])] == ["0"]


def test_a_filter_takes_only_what_the_form_asked_for(fila: Fila) -> None:
    separator(fila, *(FilaItem(str(n), f"p{n}") for n in range(5)))
    assert [r.chave for r in fila.reserve(9, "a", MINUTE, keys=["3", "4"])] == ["3", "4"]
    assert fila.reserve(9, "a", MINUTE, keys=[]) == []


def test_recovery_takes_only_rows_of_that_task(fila: Fila) -> None:
    separator(fila, FilaItem("1", "p"), FilaItem("2", "q"))
    fila.reserve(1, "d/r_1/t#1", MINUTE)
    fila.reserve(1, "d/rx1/t#1", MINUTE)
    assert fila.reclaim("d/r_1/t#") == 1
    assert [(x.situacao, x.tentativas) for x in rows(fila)] == [("pendente", 0), ("reservado", 0)]


def test_errors_are_resent_by_owner_or_by_key(fila: Fila) -> None:
    separator(fila, *(FilaItem(str(n), str(n)) for n in range(4)))
    end_process(fila, "d/r1#1", *(Outcome(r, "erro") for r in fila.reserve(2, "d/r1#1", MINUTE)))
    end_process(fila, "d/r2#1", *(Outcome(r, "erro") for r in fila.reserve(2, "d/r2#1", MINUTE)))
    assert fila.reenviar_erros(owner_prefix="d/r1#") == 2
    assert fila.reenviar_erros(keys=["0", "2"]) == 1
    assert fila.reenviar_erros() == 1


def test_discarding_leaves_rows_in_flight_alone(fila: Fila) -> None:
    separator(fila, FilaItem("1", "p"), FilaItem("2", "p"))
    one(fila)
    assert fila.discard(["1", "2", "3"], "fora do período") == 1
    assert [x.situacao for x in rows(fila)] == ["reservado", "descartado"]


def test_what_was_refused_or_settled_elsewhere_is_written_but_nothing_in_flight(fila: Fila) -> None:
    separator(fila, FilaItem("1", "p"), FilaItem("2", "q"), FilaItem("3", "r"))
    one(fila)
    with fila._engine.begin() as con:
        fila.refuse(con, {"1": "a", "2": "b", "novo": "b"}, "s")
    assert [(x.chave, x.chave_paciente, x.situacao, x.motivo) for x in rows(fila)] == [
        ("1", "p", "reservado", None), ("2", "s", "erro", "b"), ("3", "r", "pendente", None), ("novo", "s", "erro", "b")
    ]  # fmt: skip
    with fila._engine.begin() as con:
        fila.refuse(con, {"2": "c"}, "s")
        fila.conclude(con, ["1", "3", "novo"])
    assert [(x.situacao, x.motivo) for x in rows(fila)] == [("reservado", None), ("erro", "c"), ("concluido", None), ("concluido", None)]


def test_errors_are_resent_by_how_their_reason_begins(fila: Fila) -> None:
    separator(fila, *(FilaItem(str(n), str(n)) for n in range(3)))
    reasons = ["100% fora", "100 fora", "fora: 100%"]
    end_process(fila, "a", *(Outcome(r, "erro", m) for r, m in zip(fila.reserve(3, "a", MINUTE), reasons, strict=True)))
    assert fila.reenviar_erros(reason_prefix="100%") == 1
    assert [x.situacao for x in rows(fila)] == ["pendente", "erro", "erro"]


def test_retention_deletes_old_closed_rows_in_batches(fila: Fila) -> None:
    separator(fila, *(FilaItem(str(n), str(n)) for n in range(7)))
    end_process(fila, "a", *(Outcome(r, "concluido") for r in fila.reserve(6, "a", MINUTE)))
    assert fila.clean(MINUTE) == 0
    assert fila.clean(timedelta(), batch=2) == 6
    assert len(rows(fila)) == 1


def test_what_could_be_reserved_now_is_seen_and_counted_by_situation(fila: Fila) -> None:
    assert not fila.has_ready()
    separator(fila, FilaItem("1", "p"), FilaItem("2", "p"))
    record = one(fila)
    assert (fila.tally()["reservado"], fila.tally()["pendente"], fila.has_ready()) == (1, 1, False)
    end_process(fila, "a", Outcome(record, "adiado", espera=600))
    assert not fila.has_ready()
    separator(fila, FilaItem("3", "q"))
    fila.reserve(1, "b", EXPIRED)
    assert fila.has_ready() and [r.chave for r in fila.reserve(9, "c", MINUTE)] == ["3"]


def test_outcomes_are_written_once_per_row_and_checked(fila: Fila) -> None:
    separator(fila, FilaItem("1", "p"))
    record = one(fila)
    with pytest.raises(ValueError, match="outcome"):
        end_process(fila, "a", Outcome(record, "pendente"))  # type: ignore[arg-type]
    assert end_process(fila, "a", Outcome(record, "erro"), Outcome(record, "concluido")) == 1
    assert rows(fila)[0].situacao == "concluido"


def test_an_unknown_queue_table_is_refused(fila: Fila) -> None:
    with pytest.raises(ValueError, match="no queue table"):
        Fila(fila._engine, 1, "x", table="users; drop table x")


def test_keys_and_reasons_keep_every_character(fila: Fila) -> None:
    estranha = 'a"b\\c,{d} e\tf\ng ç😀NULL'
    separator(fila, FilaItem(estranha, estranha), FilaItem("NULL", "NULL"))
    batch = fila.reserve(9, "a", MINUTE, keys=[estranha, "NULL"])
    assert [(r.chave, r.chave_paciente) for r in batch] == [(estranha, estranha), ("NULL", "NULL")]
    end_process(fila, "a", *(Outcome(r, "erro", estranha) for r in batch))
    assert [x.motivo for x in rows(fila)] == [estranha, estranha]
