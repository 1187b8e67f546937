"""A booking's change reaches Fusion through a pendency, whatever is killed, refused or repeated on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from include.fusion.change.replay import Pedido, enfileirar_pedido
from include.fusion.delivery.dry_run import simular
from include.fusion.errors import FusionError
from include.fusion.model.content import corpo, versao_conteudo
from include.fusion.sistemas.skymed.system import montar
from include.fusion.store.filas import Desfecho
from sandbox.origens.skymed import ESTRANHOS, INVALIDOS
from sandbox.postgres import Postgres
from tests.integration.agenda_apoio import DONO, Cadeia


@pytest.fixture
def cadeia(postgres: Postgres, tmp_path: Path) -> Iterator[Cadeia]:
    cadeia = Cadeia(postgres, tmp_path)
    yield cadeia
    cadeia.fechar()


def test_a_booking_arrives_with_patient_surgeries_and_team(cadeia: Cadeia) -> None:
    chave = cadeia.marcar()
    assert cadeia.anunciar().enviados == 1
    assert cadeia.diario() == 0
    (pendencia,) = cadeia.pendencias()
    assert (pendencia["aplicacao"], pendencia["metodo"], pendencia["integracaoOrigem"]) == ("AgendaCirurgica", "Sincronizar", 44)
    assert cadeia.processar().enviados == 1
    agendamento = cadeia.agendamento(chave)["agendamento"]
    assert agendamento["situacao"] == "AGENDADA" and agendamento["paciente"]["codigo"] and agendamento["cirurgias"]
    assert next(m["principal"] for m in agendamento["equipe"] if m["funcao"] == "CIRURGIAO") is True
    assert agendamento["duracaoLimpezaMinutos"] == 30
    assert cadeia.abertas() == []


def test_a_pendency_says_nothing_about_the_patient(cadeia: Cadeia) -> None:
    cadeia.marcar()
    cadeia.anunciar()
    assert set(cadeia.pendencias()[0]) == {"aplicacao", "metodo", "idEntidade", "integracaoOrigem", "dataRegistro"}


def test_moved_and_called_off_is_what_fusion_says(cadeia: Cadeia) -> None:
    chave = cadeia.marcar()
    cadeia.anunciar()
    cadeia.processar()
    antes = datetime.fromisoformat(cadeia.agendamento(chave)["agendamento"]["inicio"])
    cadeia.origem(
        "update dbamv.age_cir set dt_inicio_age_cir = dt_inicio_age_cir + interval '1 day', dt_final_age_cir = dt_final_age_cir + interval '1 day'"
        " where cd_age_cir = %s",
        int(chave),
    )
    cadeia.anunciar()
    cadeia.processar()
    assert datetime.fromisoformat(cadeia.agendamento(chave)["agendamento"]["inicio"]) - antes == timedelta(days=1)
    cadeia.origem(
        "update dbamv.aviso_cirurgia set tp_situacao = 'C', dt_cancelamento = dt_prev_inter where cd_aviso_cirurgia ="
        " (select cd_aviso_cirurgia from dbamv.age_cir where cd_age_cir = %s)",
        int(chave),
    )
    cadeia.origem("update dbamv.age_cir set sn_impresso = 'S' where cd_age_cir = %s", int(chave))
    cadeia.anunciar()
    cadeia.processar()
    estado = cadeia.agendamento(chave)
    assert estado["agendamento"]["situacao"] == "CANCELADA" and estado["agendamento"]["canceladoEm"] and not estado["cancelado"]
    assert cadeia.aplicacoes(chave) == 3 and cadeia.abertas() == []


def test_two_changes_that_wait_together_are_one_pendency(cadeia: Cadeia) -> None:
    chave = cadeia.marcar()
    cadeia.origem("update dbamv.age_cir set sn_impresso = 'S' where cd_age_cir = %s", int(chave))
    assert cadeia.diario() == 2
    assert cadeia.anunciar().enviados == 1
    assert len(cadeia.pendencias()) == 1


def test_several_pendencies_of_a_booking_are_processed_once(cadeia: Cadeia) -> None:
    chave = cadeia.marcar()
    for _ in range(3):
        cadeia.origem("update dbamv.age_cir set sn_impresso = 'S' where cd_age_cir = %s", int(chave))
        cadeia.anunciar()
    assert cadeia.abertas() == [chave] * 3
    assert cadeia.processar().enviados == 1
    assert cadeia.aplicacoes(chave) == 1 and cadeia.abertas() == []


def test_a_change_without_content_is_concluded_and_not_sent(cadeia: Cadeia) -> None:
    chave = cadeia.marcar()
    cadeia.anunciar()
    cadeia.processar()
    cadeia.origem("update dbamv.age_cir set sn_impresso = 'S' where cd_age_cir = %s", int(chave))
    assert cadeia.anunciar().enviados == 1
    resultado = cadeia.processar()
    assert (resultado.enviados, resultado.inalterados) == (0, 1)
    assert cadeia.aplicacoes(chave) == 1 and cadeia.abertas() == []


def test_killed_between_delivery_and_conclusion_is_concluded_later_and_applied_once(cadeia: Cadeia) -> None:
    chave = cadeia.marcar()
    cadeia.anunciar()
    cadeia.buscar()
    assert cadeia.processamento().executar().enviados == 1
    assert cadeia.abertas() == [chave]
    cadeia.novo_servico()
    assert cadeia.servico.vigia().ha_trabalho({})
    resultado = cadeia.buscar()
    assert (resultado.enfileirados, resultado.por_origem["concluidas"]) == (0, 1)
    assert cadeia.aplicacoes(chave) == 1 and cadeia.abertas() == []
    assert not cadeia.servico.vigia().ha_trabalho({})


def test_killed_between_sending_and_writing_is_applied_once(cadeia: Cadeia) -> None:
    chave = cadeia.marcar()
    cadeia.anunciar()
    cadeia.buscar()
    entrega = cadeia.processamento()

    def morrer(_: object) -> None:
        raise RuntimeError("killed")

    entrega.lotes.gravar = morrer  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="killed"):
        entrega.executar()
    cadeia.novo_servico()
    assert cadeia.buscar().por_origem["concluidas"] == 0
    cadeia.processar()
    assert cadeia.aplicacoes(chave) == 1 and cadeia.abertas() == []


def test_a_pendency_that_comes_while_its_booking_is_in_flight_is_processed_for_itself(cadeia: Cadeia) -> None:
    chave = cadeia.marcar()
    cadeia.anunciar()
    cadeia.buscar()
    fila = cadeia.servico.fila()
    (registro,) = fila.reservar(10, DONO, timedelta(seconds=60))  # Read by now; what follows is news.
    cadeia.origem("update dbamv.age_cir set sn_impresso = 'S' where cd_age_cir = %s", int(chave))
    cadeia.anunciar()
    with cadeia.servico.fusion.begin() as con:
        fila.registrar(con, DONO, [Desfecho(registro, "concluido")])
    resultado = cadeia.buscar()
    assert (resultado.enfileirados, resultado.por_origem["concluidas"], cadeia.abertas()) == (1, 1, [chave])
    cadeia.processar()
    assert cadeia.abertas() == []


def test_a_refused_booking_is_concluded_with_its_reason_and_the_rest_goes_on(cadeia: Cadeia) -> None:
    boa = cadeia.marcar()
    (ruim,) = cadeia.mudar(invalido="data_impossivel")
    cadeia.anunciar()
    resultado = cadeia.processar()
    assert (resultado.enviados, resultado.erros) == (1, 1)
    erros = {p["idEntidade"]: p.get("erro") for p in cadeia.pendencias()}
    assert erros[boa] is None and erros[ruim.chave].startswith("inicio: data fora do intervalo")
    assert cadeia.abertas() == []
    cadeia.origem(
        "update dbamv.age_cir set dt_inicio_age_cir = dt_final_age_cir - interval '1 hour' where cd_age_cir = %s", int(ruim.chave)
    )
    cadeia.anunciar()
    assert cadeia.processar().enviados == 1


def test_bad_input_is_refused_with_a_reason_each(cadeia: Cadeia) -> None:
    ruins = {cadeia.mudar(invalido=tipo)[0].chave: tipo for tipo in INVALIDOS}
    cadeia.anunciar()
    assert cadeia.processar().erros == len(INVALIDOS)
    motivos = {ruins[p["idEntidade"]]: p["erro"].split(":")[0] for p in cadeia.pendencias()}
    assert motivos == {"data_impossivel": "inicio", "fim_antes_do_inicio": "fim", "situacao_desconhecida": "situacao_agendamento",
                       "situacao_vazia": "situacao", "sem_nome": "paciente.nome"}  # fmt: skip
    assert cadeia.abertas() == []


def test_what_only_looks_wrong_arrives(cadeia: Cadeia) -> None:
    feitas = [cadeia.mudar(invalido=tipo)[0] for tipo in ESTRANHOS]
    cadeia.anunciar()
    assert cadeia.processar().enviados == len(ESTRANHOS)
    por_tipo = {m.tipo: cadeia.agendamento(m.chave)["agendamento"] for m in feitas}
    assert "codigo" not in por_tipo["sem_paciente"]["paciente"] and por_tipo["sem_paciente"]["paciente"]["nome"]
    assert "duracaoPrevistaMinutos" not in por_tipo["sem_duracao"] and por_tipo["sem_equipe"]["equipe"] == []
    assert "\x01" not in por_tipo["observacao_com_controles"]["observacao"]


def test_a_booking_that_the_source_deleted_is_cancelled_if_it_was_there(cadeia: Cadeia) -> None:
    chave, nunca = cadeia.marcar(), cadeia.marcar()
    cadeia.origem("delete from fusion_integracao.atualizacaoagendacirurgia where cd_age_cir = %s", int(nunca))
    cadeia.anunciar()
    cadeia.processar()
    for apagada in (chave, nunca):
        cadeia.origem("delete from dbamv.age_cir where cd_age_cir = %s", int(apagada))
    cadeia.anunciar()
    resultado = cadeia.processar()
    assert (resultado.cancelados, resultado.inalterados, resultado.erros) == (1, 1, 0)
    assert cadeia.agendamento(chave)["cancelado"] and cadeia.abertas() == []


def test_pendencies_of_others_are_left_alone(cadeia: Cadeia) -> None:
    modelo = montar("7", cadeia.montagem.integracao)
    cadeia.postar(modelo.model_copy(update={"aplicacao": "OutraAplicacao"}))
    cadeia.postar(modelo.model_copy(update={"integracao_origem": 99}))
    assert not cadeia.servico.vigia().ha_trabalho({})
    assert cadeia.buscar().lidos == 0 and len(cadeia.abertas()) == 2


def test_many_pendencies_come_in_pages_and_leave_nothing_behind(cadeia: Cadeia) -> None:
    chaves = {cadeia.marcar() for _ in range(7)}
    cadeia.anunciar()
    pendencias = cadeia.servico.pendencias()
    pendencias.pagina = 3
    assert (pendencias.executar().lidos, pendencias.executar().enfileirados) == (7, 0)
    assert cadeia.processamento().executar().enviados == 7
    assert pendencias.executar().por_origem["concluidas"] == 7
    assert cadeia.abertas() == [] and {p["idEntidade"] for p in cadeia.pendencias()} == chaves
    assert cadeia.fila("select count(*) from carga_vista where integracao_id = 45") == [(0,)]


def test_a_conclusion_that_fusion_refuses_stops_no_other(cadeia: Cadeia, monkeypatch: pytest.MonkeyPatch) -> None:
    primeira, segunda = cadeia.marcar(), cadeia.marcar()
    cadeia.anunciar()
    cadeia.buscar()
    cadeia.processamento().executar()
    pendencias = cadeia.servico.pendencias()
    enviar = pendencias.cliente.enviar

    async def recusar_a_primeira(metodo: str, rota: str, corpo: bytes | None = None, **opcoes: Any) -> dict[str, Any]:
        if corpo is not None and f'"idEntidade":"{primeira}"'.encode() in corpo:
            raise FusionError(422, rota)
        return await enviar(metodo, rota, corpo, **opcoes)

    monkeypatch.setattr(pendencias.cliente, "enviar", recusar_a_primeira)
    with pytest.raises(FusionError):
        pendencias.executar()
    assert cadeia.abertas() == [primeira] and segunda not in cadeia.abertas()


def test_a_lost_answer_of_fusion_announces_and_applies_once(cadeia: Cadeia) -> None:
    chave = cadeia.marcar()
    cadeia.servidor.falhas(parcela_reset=0.4, reset_depois_de_aplicar=True, semente=3)
    cadeia.anunciar()
    assert cadeia.servidor.falhas()["feitas"]
    cadeia.servidor.limpar_falhas()
    cadeia.processar()
    assert cadeia.aplicacoes(chave) == 1 and cadeia.abertas() == [] and cadeia.duplicados() == []


def test_the_watchers_see_the_journal_and_the_pendency(cadeia: Cadeia) -> None:
    cadeia.anunciar()
    assert not cadeia.ve_trabalho()
    cadeia.marcar()
    assert cadeia.ve_trabalho()
    assert not cadeia.servico.vigia().ha_trabalho({})
    cadeia.anunciar()
    assert not cadeia.ve_trabalho()
    assert cadeia.servico.vigia().ha_trabalho({})
    cadeia.buscar()
    assert not cadeia.servico.vigia().ha_trabalho({})


@pytest.mark.parametrize("pelo_aviso", [True, False])
def test_a_changed_patient_shows_on_the_booking(cadeia: Cadeia, pelo_aviso: bool) -> None:
    chave = cadeia.marcar()
    if not pelo_aviso:
        cadeia.origem(
            "update dbamv.aviso_cirurgia v set cd_paciente = null, cd_atendimento = (select max(cd_atendimento) from dbamv.atendime)"
            " from dbamv.age_cir g where g.cd_aviso_cirurgia = v.cd_aviso_cirurgia and g.cd_age_cir = %s", int(chave),
        )  # fmt: skip
    cadeia.anunciar()
    cadeia.processar()
    agora = "date_trunc('second', clock_timestamp() at time zone 'America/Bahia') + interval '2 seconds'"
    cadeia.origem(
        f"update dbamv.paciente p set nr_ddd_celular = '71', nm_social_paciente = 'Outro Nome', sn_utiliza_nome_social = 'S', dt_ultima_atualizacao = {agora}"
        " from dbamv.age_cir g join dbamv.aviso_cirurgia v on v.cd_aviso_cirurgia = g.cd_aviso_cirurgia"
        " left join dbamv.atendime a on a.cd_atendimento = v.cd_atendimento"
        " where g.cd_age_cir = %s and p.cd_paciente = coalesce(v.cd_paciente, a.cd_paciente)", int(chave),
    )  # fmt: skip
    assert cadeia.ve_trabalho()
    cadeia.anunciar()
    cadeia.processar()
    assert cadeia.agendamento(chave)["agendamento"]["paciente"]["nomeSocial"] == "Outro Nome"


def test_a_day_of_bookings_is_the_same_on_both_sides(cadeia: Cadeia) -> None:
    for _ in range(6):
        cadeia.mudar(10)
        cadeia.anunciar()
        cadeia.processar()
    guardados = dict(cadeia.fusion("select codigo, hash_conteudo from registro where entidade = 'agenda_cirurgica'"))
    lidos = cadeia.servico.leitor.ler(list(guardados))
    assert guardados and {c: versao_conteudo(corpo(x)) for c, x in lidos.items()} == guardados  # type: ignore[arg-type]
    assert cadeia.abertas() == [] and cadeia.diario() == 0 and cadeia.duplicados() == []


def test_a_form_and_its_dry_run_work_on_bookings(cadeia: Cadeia) -> None:
    chave = cadeia.marcar()
    pedido = Pedido(atendimento=chave, forcar=True)
    for montagem in (cadeia.montagem, cadeia.servico):
        previsto = simular(montagem.consultas, montagem.fila(), montagem.leitor, pedido, limite=10)
        assert (previsto["enviaria"], previsto["recusaria"]) == (1, 0)
    s = cadeia.servico
    for _ in range(2):
        assert enfileirar_pedido(s.consultas, s.fusion, s.fila(), s.livro, pedido, pagina=10) == 1
        assert cadeia.processamento().executar().enviados == 1
