"""A booking's change reaches Fusion through a pendency, whatever is killed, refused or repeated on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from include.fusion.errors import FusionError
from include.fusion.sistemas.skymed.system import build
from include.fusion.store.filas import Outcome
from sandbox.origens.skymed import INVALID, STRANGE
from sandbox.postgres import Postgres
from tests.integration.sistemas.skymed.chain import OWNER, Chain


@pytest.fixture
def chain(postgres: Postgres, tmp_path: Path) -> Iterator[Chain]:
    chain = Chain(postgres, tmp_path)
    yield chain
    chain.close()


def test_a_booking_arrives_with_patient_surgeries_and_team(chain: Chain) -> None:
    key = chain.mark()
    assert chain.announce().enviados == 1
    assert chain.journal() == 0
    (pendencia,) = chain.pendencias()
    assert (pendencia["aplicacao"], pendencia["metodo"], pendencia["integracaoOrigem"]) == ("AgendaCirurgica", "Sincronizar", 44)
    assert chain.process().enviados == 1
    agendamento = chain.agendamento(key)["agendamento"]
    assert agendamento["situacao"] == "AGENDADA" and agendamento["paciente"]["codigo"] and agendamento["cirurgias"]
    assert next(m["principal"] for m in agendamento["equipe"] if m["funcao"] == "CIRURGIAO") is True
    assert agendamento["duracaoLimpezaMinutos"] == 30
    assert chain.open_rows() == []


def test_a_pendency_says_nothing_about_the_patient(chain: Chain) -> None:
    chain.mark()
    chain.announce()
    assert set(chain.pendencias()[0]) == {"aplicacao", "metodo", "idEntidade", "integracaoOrigem", "dataRegistro"}


def test_moved_and_called_off_is_what_fusion_says(chain: Chain) -> None:
    key = chain.mark()
    chain.announce()
    chain.process()
    before = datetime.fromisoformat(chain.agendamento(key)["agendamento"]["inicio"])
    chain.origem(
        "update dbamv.age_cir set dt_inicio_age_cir = dt_inicio_age_cir + interval '1 day', dt_final_age_cir = dt_final_age_cir + interval '1 day'"
        " where cd_age_cir = %s",
        int(key),
    )
    chain.announce()
    chain.process()
    assert datetime.fromisoformat(chain.agendamento(key)["agendamento"]["inicio"]) - before == timedelta(days=1)
    chain.origem(
        "update dbamv.aviso_cirurgia set tp_situacao = 'C', dt_cancelamento = dt_prev_inter where cd_aviso_cirurgia ="
        " (select cd_aviso_cirurgia from dbamv.age_cir where cd_age_cir = %s)",
        int(key),
    )
    chain.origem("update dbamv.age_cir set sn_impresso = 'S' where cd_age_cir = %s", int(key))
    chain.announce()
    chain.process()
    state = chain.agendamento(key)
    assert state["agendamento"]["situacao"] == "CANCELADA" and state["agendamento"]["canceladoEm"] and not state["cancelado"]
    assert chain.applied(key) == 3 and chain.open_rows() == []


def test_two_changes_that_wait_together_are_one_pendency(chain: Chain) -> None:
    key = chain.mark()
    chain.origem("update dbamv.age_cir set sn_impresso = 'S' where cd_age_cir = %s", int(key))
    assert chain.journal() == 2
    assert chain.announce().enviados == 1
    assert len(chain.pendencias()) == 1


def test_several_pendencies_of_a_booking_are_processed_once(chain: Chain) -> None:
    key = chain.mark()
    for _ in range(3):
        chain.origem("update dbamv.age_cir set sn_impresso = 'S' where cd_age_cir = %s", int(key))
        chain.announce()
    assert chain.open_rows() == [key] * 3
    assert chain.process().enviados == 1
    assert chain.applied(key) == 1 and chain.open_rows() == []


def test_a_change_without_content_is_concluded_and_not_sent(chain: Chain) -> None:
    key = chain.mark()
    chain.announce()
    chain.process()
    chain.origem("update dbamv.age_cir set sn_impresso = 'S' where cd_age_cir = %s", int(key))
    assert chain.announce().enviados == 1
    result = chain.process()
    assert (result.enviados, result.inalterados) == (0, 1)
    assert chain.applied(key) == 1 and chain.open_rows() == []


def test_killed_between_delivery_and_conclusion_is_concluded_later_and_applied_once(chain: Chain) -> None:
    key = chain.mark()
    chain.announce()
    chain.look_up()
    assert chain.processamento().run().enviados == 1
    assert chain.open_rows() == [key]
    chain.new_service()
    assert chain.service.watcher().has_work({})
    result = chain.look_up()
    assert (result.enfileirados, result.por_origem["concluidas"]) == (0, 1)
    assert chain.applied(key) == 1 and chain.open_rows() == []
    assert not chain.service.watcher().has_work({})


def test_a_pendency_that_comes_while_its_booking_is_in_flight_is_processed_for_itself(chain: Chain) -> None:
    key = chain.mark()
    chain.announce()
    chain.look_up()
    fila = chain.service.fila()
    (record,) = fila.reserve(10, OWNER, timedelta(seconds=60))  # Read by now; what follows is news.
    chain.origem("update dbamv.age_cir set sn_impresso = 'S' where cd_age_cir = %s", int(key))
    chain.announce()
    with chain.service.fusion.begin() as con:
        fila.record(con, OWNER, [Outcome(record, "concluido")])
    result = chain.look_up()
    assert (result.enfileirados, result.por_origem["concluidas"], chain.open_rows()) == (1, 1, [key])
    chain.process()
    assert chain.open_rows() == []


def test_a_refused_booking_is_concluded_with_its_reason_and_the_rest_goes_on(chain: Chain) -> None:
    boa = chain.mark()
    (bad,) = chain.change(invalid="data_impossivel")
    chain.announce()
    result = chain.process()
    assert (result.enviados, result.erros) == (1, 1)
    errors = {p["idEntidade"]: p.get("erro") for p in chain.pendencias()}
    assert errors[boa] is None and (errors[bad.chave] or "").startswith("inicio: data fora do intervalo")
    assert chain.open_rows() == []
    chain.origem("update dbamv.age_cir set dt_inicio_age_cir = dt_final_age_cir - interval '1 hour' where cd_age_cir = %s", int(bad.chave))
    chain.announce()
    assert chain.process().enviados == 1


def test_bad_input_is_refused_with_a_reason_each(chain: Chain) -> None:
    ruins = {chain.change(invalid=kind)[0].chave: kind for kind in INVALID}
    chain.announce()
    assert chain.process().erros == len(INVALID)
    reasons = {ruins[p["idEntidade"]]: p["erro"].split(":")[0] for p in chain.pendencias()}
    assert reasons == {"data_impossivel": "inicio", "fim_antes_do_inicio": "fim", "situacao_desconhecida": "situacao_agendamento",
                       "situacao_vazia": "situacao", "sem_nome": "paciente.nome"}  # fmt: skip
    assert chain.open_rows() == []


def test_what_only_looks_wrong_arrives(chain: Chain) -> None:
    done = [chain.change(invalid=kind)[0] for kind in STRANGE]
    chain.announce()
    assert chain.process().enviados == len(STRANGE)
    by_kind = {m.tipo: chain.agendamento(m.chave)["agendamento"] for m in done}
    assert "codigo" not in by_kind["sem_paciente"]["paciente"] and by_kind["sem_paciente"]["paciente"]["nome"]
    assert "duracaoPrevistaMinutos" not in by_kind["sem_duracao"] and by_kind["sem_equipe"]["equipe"] == []
    assert "\x01" not in by_kind["observacao_com_controles"]["observacao"]


def test_a_booking_that_the_source_deleted_is_cancelled_if_it_was_there(chain: Chain) -> None:
    key, nunca = chain.mark(), chain.mark()
    chain.origem("delete from fusion_integracao.atualizacaoagendacirurgia where cd_age_cir = %s", int(nunca))
    chain.announce()
    chain.process()
    for apagada in (key, nunca):
        chain.origem("delete from dbamv.age_cir where cd_age_cir = %s", int(apagada))
    chain.announce()
    result = chain.process()
    assert (result.cancelados, result.inalterados, result.erros) == (1, 1, 0)
    assert chain.agendamento(key)["cancelado"] and chain.open_rows() == []


def test_pendencies_of_others_are_left_alone(chain: Chain) -> None:
    model = build("7", chain.runtime.integracao)
    chain.post(model.model_copy(update={"aplicacao": "OutraAplicacao"}))
    chain.post(model.model_copy(update={"integracao_origem": 99}))
    assert not chain.service.watcher().has_work({})
    assert chain.look_up().lidos == 0 and len(chain.open_rows()) == 2


def test_many_pendencies_come_in_pages_and_leave_nothing_behind(chain: Chain) -> None:
    keys = {chain.mark() for _ in range(7)}
    chain.announce()
    pendencias = chain.service.pendencias()
    pendencias.page = 3
    assert (pendencias.run().lidos, pendencias.run().enfileirados) == (7, 0)
    assert chain.processamento().run().enviados == 7
    assert pendencias.run().por_origem["concluidas"] == 7
    assert chain.open_rows() == [] and {p["idEntidade"] for p in chain.pendencias()} == keys
    assert chain.fila("select count(*) from carga_vista where integracao_id = 45") == [(0,)]


def test_a_conclusion_that_fusion_refuses_stops_no_other(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second_time = chain.mark(), chain.mark()
    chain.announce()
    chain.look_up()
    chain.processamento().run()
    pendencias = chain.service.pendencias()
    send = pendencias.client.send

    async def refuse_the_first(method: str, path: str, body: bytes | None = None, **options: Any) -> dict[str, Any]:
        if body is not None and f'"idEntidade":"{first}"'.encode() in body:
            raise FusionError(422, path)
        return await send(method, path, body, **options)

    monkeypatch.setattr(pendencias.client, "send", refuse_the_first)
    with pytest.raises(FusionError):
        pendencias.run()
    assert chain.open_rows() == [first] and second_time not in chain.open_rows()


def test_a_lost_answer_of_fusion_announces_and_applies_once(chain: Chain) -> None:
    key = chain.mark()
    chain.server.falhas(parcela_reset=0.4, reset_depois_de_aplicar=True, semente=3)
    chain.announce()
    assert chain.server.falhas()["feitas"]
    chain.server.clear_faults()
    chain.process()
    assert chain.applied(key) == 1 and chain.open_rows() == [] and chain.duplicates() == []


def test_the_watchers_see_the_journal_and_the_pendency(chain: Chain) -> None:
    chain.announce()
    assert not chain.sees_work()
    chain.mark()
    assert chain.sees_work()
    assert not chain.service.watcher().has_work({})
    chain.announce()
    assert not chain.sees_work()
    assert chain.service.watcher().has_work({})
    chain.look_up()
    assert not chain.service.watcher().has_work({})


@pytest.mark.parametrize("by_notification", [True, False])
def test_a_changed_patient_shows_on_the_booking(chain: Chain, by_notification: bool) -> None:
    key = chain.mark()
    if not by_notification:
        chain.origem(
            "update dbamv.aviso_cirurgia v set cd_paciente = null, cd_atendimento = (select max(cd_atendimento) from dbamv.atendime)"
            " from dbamv.age_cir g where g.cd_aviso_cirurgia = v.cd_aviso_cirurgia and g.cd_age_cir = %s", int(key),
        )  # fmt: skip
    chain.announce()
    chain.process()
    now = "date_trunc('second', clock_timestamp() at time zone 'America/Bahia') + interval '2 seconds'"
    chain.origem(
        f"update dbamv.paciente p set nr_ddd_celular = '71', nm_social_paciente = 'Outro Nome', sn_utiliza_nome_social = 'S', dt_ultima_atualizacao = {now}"
        " from dbamv.age_cir g join dbamv.aviso_cirurgia v on v.cd_aviso_cirurgia = g.cd_aviso_cirurgia"
        " left join dbamv.atendime a on a.cd_atendimento = v.cd_atendimento"
        " where g.cd_age_cir = %s and p.cd_paciente = coalesce(v.cd_paciente, a.cd_paciente)", int(key),
    )  # fmt: skip
    assert chain.sees_work()
    chain.announce()
    chain.process()
    assert chain.agendamento(key)["agendamento"]["paciente"]["nomeSocial"] == "Outro Nome"


def test_bookings_wait_with_their_patient_so_that_two_of_one_patient_never_travel_side_by_side(chain: Chain) -> None:
    keys = [chain.mark() for _ in range(3)]
    for table, go in (("AtualizacaoAgendaCirurgia", chain.load), ("AplicacaoPendencia", chain.look_up)):
        go()
        queued = chain.fila(f"select chave, chave_paciente from {table} where chave = any(%s) order by chave", keys)
        told = chain.origem(
            "select g.cd_age_cir::text, v.cd_paciente::text from dbamv.age_cir g join dbamv.aviso_cirurgia v using (cd_aviso_cirurgia)"
            " where g.cd_age_cir::text = any(%s) order by 1", keys,
        )  # fmt: skip
        assert queued == told and all(patient for _, patient in queued)
        chain.deliver()
