"""The queue's rules, one at a time, on a real PostgreSQL."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from include.fusion.settings import obter
from include.fusion.store.filas import Desfecho, Fila, ItemFila, Registro
from include.fusion.store.filas.postgresql import POR_PACIENTE
from include.fusion.store.migrate import migrar
from include.fusion.wiring import CARGA_INICIAL, Montagem
from tests.plain_settings import como_dados, de_dados

MINUTO = timedelta(minutes=1)
VENCIDO = timedelta(seconds=-1)


@pytest.fixture
def fila(engine: Engine) -> Fila:
    migrar(engine)
    return Fila(engine, 12, "importacao")


def por(fila: Fila, *itens: ItemFila) -> int:
    with fila._engine.begin() as con:
        return fila.enfileirar(con, itens)


def encerrar(fila: Fila, dono: str, *desfechos: Desfecho) -> int:
    with fila._engine.begin() as con:
        return fila.registrar(con, dono, desfechos)


def linhas(fila: Fila) -> list[Any]:
    with fila._engine.connect() as con:
        return list(con.execute(text("select * from ImportacaoAtendimento order by id")))


def um(fila: Fila, dono: str = "a") -> Registro:
    [registro] = fila.reservar(1, dono, MINUTO)
    return registro


def test_rows_of_a_process_that_is_switched_off_hold_up_no_patient(fila: Fila) -> None:
    uti = Fila(fila._engine, 12, "uti")
    por(uti, ItemFila("1", "p"))
    por(fila, ItemFila("2", "p"))
    assert not fila.tem_prontos()
    livre = Fila(fila._engine, 12, "importacao", parados=("uti",))
    assert livre.tem_prontos()
    assert um(livre).chave == "2"
    assert not uti.tem_prontos()


def test_an_entry_tells_its_queues_which_processes_are_off(engine: Engine) -> None:
    dados = como_dados(obter("mv"))
    dados["processamento_pendencia_uti"]["habilitado"] = False
    montagem = Montagem(de_dados(dados), lambda _: engine)
    parados = {nome: montagem.fila(nome).escopo.parados for nome in ("abertura", CARGA_INICIAL, "atualizacao_paciente")}
    assert parados == {"abertura": ("uti",), CARGA_INICIAL: ("uti",), "atualizacao_paciente": ()}


def test_a_second_change_of_a_key_coalesces(fila: Fila) -> None:
    por(fila, ItemFila("1", "p", "inclusao", 9))
    por(fila, ItemFila("1", "p", "alteracao", 5))
    [linha] = linhas(fila)
    assert (linha.operacao, linha.prioridade, linha.situacao) == ("inclusao", 5, "pendente")


def test_repeated_keys_in_one_call_coalesce_to_the_last_operation(fila: Fila) -> None:
    assert por(fila, ItemFila("1", "p", "inclusao"), ItemFila("2", "q"), ItemFila("1", "p", "exclusao")) == 2
    assert [x.operacao for x in linhas(fila)] == ["exclusao", "alteracao"]


def test_many_items_go_through_copy_and_coalesce_across_blocks(fila: Fila) -> None:
    por(fila, ItemFila("7", "p", "exclusao", 9))
    assert por(fila, *(ItemFila(str(n % 25_000), f"p\t{n}\\", prioridade=5) for n in range(45_000))) == 45_000
    assert len(linhas(fila)) == 25_000
    assert linhas(fila)[0].operacao == "alteracao"
    assert linhas(fila)[1].chave_paciente == "p\t25000\\"


@pytest.mark.parametrize("quantos", [1, 3000])
@pytest.mark.parametrize(
    "ruim",
    [ItemFila("a\x00b"), ItemFila("x" * 201), ItemFila(""), ItemFila("a", "\ud800"), ItemFila("a", "p", "outra")],  # type: ignore[arg-type]
)
def test_a_bad_item_touches_nothing(fila: Fila, ruim: ItemFila, quantos: int) -> None:
    with fila._engine.begin() as con, pytest.raises(ValueError, match="item"):
        fila.enfileirar(con, [*(ItemFila(str(n)) for n in range(quantos)), ruim])
    assert linhas(fila) == []


def test_a_change_during_the_flight_reopens_the_row(fila: Fila) -> None:
    por(fila, ItemFila("1", "p", "inclusao"))
    registro = um(fila)
    por(fila, ItemFila("1", "p"))
    assert encerrar(fila, "a", Desfecho(registro, "concluido", versao="v")) == 1
    assert (um(fila, "b").operacao, linhas(fila)[0].reabrir) == ("alteracao", False)


@pytest.mark.parametrize("situacao", ["erro", "descartado", "devolvido"])
def test_a_reopened_row_survives_any_outcome(fila: Fila, situacao: Any) -> None:
    por(fila, ItemFila("1", "p", "inclusao"))
    registro = um(fila)
    por(fila, ItemFila("1", "p"))
    encerrar(fila, "a", Desfecho(registro, situacao, "x"))
    assert um(fila, "b").operacao == "inclusao"


def test_an_error_row_is_pending_again_after_a_newer_change(fila: Fila) -> None:
    por(fila, ItemFila("1", "p"))
    encerrar(fila, "a", Desfecho(um(fila), "erro", "campo: m" * 100))
    assert (len(linhas(fila)[0].motivo), linhas(fila)[0].reservado_por) == (300, "a")
    por(fila, ItemFila("1", "p"))
    assert um(fila).tentativas == 0 and len(linhas(fila)) == 1


def test_a_concluded_key_gets_a_new_row(fila: Fila) -> None:
    por(fila, ItemFila("1", "p"))
    encerrar(fila, "a", Desfecho(um(fila), "concluido", versao="v1"))
    por(fila, ItemFila("1", "p"))
    assert [(x.situacao, x.versao_conteudo) for x in linhas(fila)] == [("concluido", "v1"), ("pendente", None)]


def test_an_expired_lease_returns_the_row_and_its_old_owner_writes_nothing(fila: Fila) -> None:
    por(fila, ItemFila("1", "p"))
    [velho] = fila.reservar(1, "a", VENCIDO)
    assert um(fila, "b").tentativas == 1
    assert encerrar(fila, "a", Desfecho(velho, "concluido")) == 0
    assert linhas(fila)[0].situacao == "reservado"


def test_a_renewed_lease_does_not_expire(fila: Fila) -> None:
    por(fila, ItemFila("1", "p"))
    fila.reservar(1, "a", VENCIDO)
    assert fila.renovar("a", MINUTO) == 1
    assert fila.reservar(1, "b", MINUTO) == []


def test_rows_of_one_patient_travel_in_one_batch_and_in_order(fila: Fila) -> None:
    por(fila, ItemFila("1", "p"), ItemFila("2", "q"), ItemFila("3", "p"), ItemFila("4", "p", prioridade=9))
    primeiros = fila.reservar(3, "a", MINUTO)
    assert [r.chave for r in primeiros] == ["1", "2", "3"]
    assert fila.reservar(9, "b", MINUTO) == []
    encerrar(fila, "a", *(Desfecho(r, "concluido") for r in primeiros[1:]))
    assert fila.reservar(9, "b", MINUTO) == []
    encerrar(fila, "a", Desfecho(primeiros[0], "concluido"))
    assert um(fila).chave == "4"


def test_one_patient_does_not_fill_a_batch(fila: Fila) -> None:
    por(fila, *(ItemFila(str(n), "p") for n in range(POR_PACIENTE + 3)), ItemFila("outro", "q"))
    assert [r.chave for r in fila.reservar(99, "a", MINUTO)] == [*map(str, range(POR_PACIENTE)), "outro"]


def test_order_holds_across_the_processes_of_an_integration(fila: Fila) -> None:
    outra, alheia = Fila(fila._engine, 12, "carga"), Fila(fila._engine, 13, "importacao")
    por(fila, ItemFila("1", "p"))
    por(outra, ItemFila("2", "p"))
    por(alheia, ItemFila("3", "p"))
    assert (outra.reservar(1, "b", MINUTO), um(alheia).chave) == ([], "3")
    um(fila)
    assert outra.reservar(1, "b", MINUTO) == []


def test_unknown_patients_do_not_wait_for_each_other(fila: Fila) -> None:
    por(fila, ItemFila("1"), ItemFila("2", ""))
    assert [(r.chave, r.chave_paciente) for r in fila.reservar(9, "a", MINUTO)] == [("1", ""), ("2", "")]


def test_smaller_priority_goes_first_even_within_a_patient(fila: Fila) -> None:
    por(fila, ItemFila("1", "p", prioridade=9), ItemFila("2", "q", prioridade=9), ItemFila("3", "p", prioridade=5))
    assert [r.chave for r in fila.reservar(9, "a", MINUTO)] == ["3", "1", "2"]


def test_a_row_waiting_for_its_retry_holds_back_its_patient(fila: Fila) -> None:
    por(fila, ItemFila("1", "p"), ItemFila("2", "p"))
    encerrar(fila, "a", Desfecho(um(fila), "adiado", "indisponível", espera=0.2))
    assert fila.reservar(9, "a", MINUTO) == []
    time.sleep(0.25)
    assert (um(fila).chave, linhas(fila)[0].tentativas) == ("1", 1)


def test_an_error_row_does_not_hold_back_its_patient(fila: Fila) -> None:
    por(fila, ItemFila("1", "p"), ItemFila("2", "p"))
    encerrar(fila, "a", Desfecho(um(fila), "erro", "x"))
    assert um(fila).chave == "2"


def test_a_returned_row_counts_no_try(fila: Fila) -> None:
    por(fila, ItemFila("1", "p"))
    encerrar(fila, "a", Desfecho(um(fila), "devolvido"))
    assert um(fila).tentativas == 0


def test_a_filter_does_not_overtake_a_row_of_the_same_patient(fila: Fila) -> None:
    por(fila, *(ItemFila(str(n), "p") for n in range(3)))
    assert [r.chave for r in fila.reservar(9, "a", MINUTO, chaves=["0", "2"])] == ["0"]


def test_a_filter_takes_only_what_the_form_asked_for(fila: Fila) -> None:
    por(fila, *(ItemFila(str(n), f"p{n}") for n in range(5)))
    assert [r.chave for r in fila.reservar(9, "a", MINUTO, chaves=["3", "4"])] == ["3", "4"]
    assert fila.reservar(9, "a", MINUTO, chaves=[]) == []


def test_recovery_takes_only_rows_of_that_task(fila: Fila) -> None:
    por(fila, ItemFila("1", "p"), ItemFila("2", "q"))
    fila.reservar(1, "d/r_1/t#1", MINUTO)
    fila.reservar(1, "d/rx1/t#1", MINUTO)
    assert fila.recuperar("d/r_1/t#") == 1
    assert [(x.situacao, x.tentativas) for x in linhas(fila)] == [("pendente", 0), ("reservado", 0)]


def test_errors_are_resent_by_owner_or_by_key(fila: Fila) -> None:
    por(fila, *(ItemFila(str(n), str(n)) for n in range(4)))
    encerrar(fila, "d/r1#1", *(Desfecho(r, "erro") for r in fila.reservar(2, "d/r1#1", MINUTO)))
    encerrar(fila, "d/r2#1", *(Desfecho(r, "erro") for r in fila.reservar(2, "d/r2#1", MINUTO)))
    assert fila.reenviar_erros(prefixo_dono="d/r1#") == 2
    assert fila.reenviar_erros(chaves=["0", "2"]) == 1
    assert fila.reenviar_erros() == 1


def test_discarding_leaves_rows_in_flight_alone(fila: Fila) -> None:
    por(fila, ItemFila("1", "p"), ItemFila("2", "p"))
    um(fila)
    assert fila.descartar(["1", "2", "3"], "fora do período") == 1
    assert [x.situacao for x in linhas(fila)] == ["reservado", "descartado"]


def test_what_was_refused_or_settled_elsewhere_is_written_but_nothing_in_flight(fila: Fila) -> None:
    por(fila, ItemFila("1", "p"), ItemFila("2", "q"), ItemFila("3", "r"))
    um(fila)
    with fila._engine.begin() as con:
        fila.refuse(con, {"1": "a", "2": "b", "novo": "b"}, "s")
    assert [(x.chave, x.chave_paciente, x.situacao, x.motivo) for x in linhas(fila)] == [
        ("1", "p", "reservado", None), ("2", "s", "erro", "b"), ("3", "r", "pendente", None), ("novo", "s", "erro", "b")
    ]  # fmt: skip
    with fila._engine.begin() as con:
        fila.refuse(con, {"2": "c"}, "s")
        fila.conclude(con, ["1", "3", "novo"])
    assert [(x.situacao, x.motivo) for x in linhas(fila)] == [("reservado", None), ("erro", "c"), ("concluido", None), ("concluido", None)]


def test_errors_are_resent_by_how_their_reason_begins(fila: Fila) -> None:
    por(fila, *(ItemFila(str(n), str(n)) for n in range(3)))
    motivos = ["100% fora", "100 fora", "fora: 100%"]
    encerrar(fila, "a", *(Desfecho(r, "erro", m) for r, m in zip(fila.reservar(3, "a", MINUTO), motivos, strict=True)))
    assert fila.reenviar_erros(reason_prefix="100%") == 1
    assert [x.situacao for x in linhas(fila)] == ["pendente", "erro", "erro"]


def test_retention_deletes_old_closed_rows_in_batches(fila: Fila) -> None:
    por(fila, *(ItemFila(str(n), str(n)) for n in range(7)))
    encerrar(fila, "a", *(Desfecho(r, "concluido") for r in fila.reservar(6, "a", MINUTO)))
    assert fila.limpar(MINUTO) == 0
    assert fila.limpar(timedelta(), lote=2) == 6
    assert len(linhas(fila)) == 1


def test_what_could_be_reserved_now_is_seen_and_counted_by_situation(fila: Fila) -> None:
    assert not fila.tem_prontos()
    por(fila, ItemFila("1", "p"), ItemFila("2", "p"))
    registro = um(fila)
    assert (fila.contar()["reservado"], fila.contar()["pendente"], fila.tem_prontos()) == (1, 1, False)
    encerrar(fila, "a", Desfecho(registro, "adiado", espera=600))
    assert not fila.tem_prontos()
    por(fila, ItemFila("3", "q"))
    fila.reservar(1, "b", VENCIDO)
    assert fila.tem_prontos() and [r.chave for r in fila.reservar(9, "c", MINUTO)] == ["3"]


def test_outcomes_are_written_once_per_row_and_checked(fila: Fila) -> None:
    por(fila, ItemFila("1", "p"))
    registro = um(fila)
    with pytest.raises(ValueError, match="outcome"):
        encerrar(fila, "a", Desfecho(registro, "pendente"))  # type: ignore[arg-type]
    assert encerrar(fila, "a", Desfecho(registro, "erro"), Desfecho(registro, "concluido")) == 1
    assert linhas(fila)[0].situacao == "concluido"


def test_an_unknown_queue_table_is_refused(fila: Fila) -> None:
    with pytest.raises(ValueError, match="no queue table"):
        Fila(fila._engine, 1, "x", tabela="users; drop table x")


def test_keys_and_reasons_keep_every_character(fila: Fila) -> None:
    estranha = 'a"b\\c,{d} e\tf\ng ç😀NULL'
    por(fila, ItemFila(estranha, estranha), ItemFila("NULL", "NULL"))
    lote = fila.reservar(9, "a", MINUTO, chaves=[estranha, "NULL"])
    assert [(r.chave, r.chave_paciente) for r in lote] == [(estranha, estranha), ("NULL", "NULL")]
    encerrar(fila, "a", *(Desfecho(r, "erro", estranha) for r in lote))
    assert [x.motivo for x in linhas(fila)] == [estranha, estranha]
