"""The delivery loop on real databases and a real Fusion: what goes wrong outside must lose nothing and double nothing."""

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from fusion_airflow.operators.on_kill import Encerravel
from include.fusion.delivery.batch import AUSENTE
from include.fusion.delivery.result import MuitosErros
from include.fusion.errors import FusionIndisponivel, FusionNaoAutorizado
from sandbox.fusion.servidor import ServidorFusion
from tests.bancada import Bancada


@pytest.fixture(scope="module")
def bancada(postgres, tmp_path_factory) -> Iterator[Bancada]:
    b = Bancada(postgres, tmp_path_factory.mktemp("entrega"), "consulfarma", 30)
    b.carregar()
    b.entregar()
    yield b
    b.fechar()


@pytest.fixture(autouse=True)
def limpo(bancada):
    """Each test begins with a well Fusion and an empty queue, and leaves nothing doubled."""
    yield
    bancada.servidor.iniciar()
    bancada.servidor.limpar_falhas()
    bancada.fila("update ImportacaoAtendimento set proxima_tentativa_em = null where situacao = 'pendente'")
    bancada.carregar()
    bancada.entregar()
    assert bancada.duplicados() == []
    assert bancada.divergentes() == []


def situacoes(b: Bancada) -> dict[str, int]:
    return dict(b.fila("select situacao, count(*) from ImportacaoAtendimento group by 1"))


def novas(b: Bancada, quantas: int = 20) -> int:
    b.mudar(quantas)
    return b.carregar()


def test_everything_arrives_and_a_second_drain_sends_nothing(bancada):
    novas(bancada)
    assert bancada.entregar().enviados > 0
    assert bancada.entregar().processados == 0


def test_unchanged_content_is_concluded_without_sending(bancada):
    bancada.origem("update dbo.Atendimento set AtualizadoEm = clock_timestamp() at time zone 'America/Bahia'")
    assert bancada.carregar() > 0
    resultado = bancada.entregar()
    assert resultado.inalterados > 0 and resultado.enviados == 0


@pytest.mark.parametrize(
    "falha",
    [
        {"parcela_reset": 0.3, "reset_depois_de_aplicar": True},
        {"parcela_reset": 0.3, "reset_depois_de_aplicar": False},
        {"parcela_meia_resposta": 0.3},
        {"parcela_500": 0.3},
        {"parcela_429": 0.2, "retry_after": 1},
    ],
    ids=lambda f: "-".join(f"{k}={v}" for k, v in f.items()),
)
def test_flaky_answers_lose_and_double_nothing(bancada, falha):
    novas(bancada)
    bancada.servidor.falhas(**falha, semente=3)
    resultado = bancada.entregar()
    assert resultado.erros == 0 and resultado.enviados + resultado.adiados + resultado.cancelados > 0


def test_outage_releases_the_rows_untried_and_fails_the_task(bancada):
    novas(bancada)
    bancada.servidor.parar(signal.SIGKILL)
    with pytest.raises(FusionIndisponivel):
        bancada.entregar()
    assert bancada.fila("select distinct tentativas, reservado_por from ImportacaoAtendimento where situacao = 'pendente'") == [(0, None)]
    bancada.servidor.iniciar()
    assert bancada.entregar().adiados == 0


def test_a_lone_record_in_an_outage_costs_no_try_either(bancada):
    novas(bancada, 1)
    bancada.servidor.parar()
    with pytest.raises(FusionIndisponivel):
        bancada.entregar()
    assert bancada.fila("select max(tentativas) from ImportacaoAtendimento where situacao = 'pendente'") == [(0,)]


def test_a_record_that_only_itself_fails_waits_with_backoff_and_counts(bancada):
    novas(bancada)
    bancada.servidor.falhas(parcela_500=1.0, semente=1)
    resultado = bancada.entregar(espera_inicial=timedelta(seconds=60))
    assert resultado.adiados > 0 and resultado.enviados == 0
    assert bancada.fila("select max(tentativas) from ImportacaoAtendimento where situacao = 'pendente'") == [(1,)]
    assert bancada.entregar().processados == 0  # not due yet, nor is anything of the same patients behind it


def test_too_many_tries_end_in_erro_with_the_reason(bancada):
    novas(bancada, 3)
    bancada.servidor.falhas(parcela_500=1.0, semente=1)
    assert bancada.entregar(tentativas_max=1).erros > 0
    motivo = bancada.fila("select motivo from ImportacaoAtendimento where situacao = 'erro' and motivo like '%500%' limit 1")
    assert "após 1 tentativas" in motivo[0][0]
    bancada.servidor.limpar_falhas()
    assert bancada.montagem.fila().reenviar_erros() > 0


def test_wrong_credentials_blame_no_record(bancada, tmp_path):
    novas(bancada)
    bom = bancada.servidor
    bancada.servidor = ServidorFusion(bancada.dsn["fusion"], tmp_path, token="outro").iniciar()
    certo, bancada.servidor.token = bancada.servidor.token, "errado"
    try:
        with pytest.raises(FusionNaoAutorizado, match="conexão"):
            bancada.entregar()
    finally:
        bancada.servidor.token = certo
        bancada.servidor.parar()
        bancada.servidor = bom
    assert "reservado" not in situacoes(bancada)


def test_killed_after_sending_is_recognised_even_when_the_marker_moved_meanwhile(bancada):
    novas(bancada)
    entrega = bancada.entrega()
    entrega.lotes.gravar = lambda lote: None  # the process dies between Fusion's acceptance and its own writing
    entrega.executar()
    bancada.origem("update dbo.Atendimento set AtualizadoEm = clock_timestamp() at time zone 'America/Bahia'")
    bancada.fila("update ImportacaoAtendimento set situacao = 'pendente', reservado_por = null where situacao = 'reservado'")
    assert bancada.entregar().erros == 0


def test_rows_taken_over_by_another_worker_are_left_to_it(bancada):
    novas(bancada)
    entrega = bancada.entrega(dono="lento#1|")
    gravar = entrega.lotes.gravar

    def perder_a_reserva(lote):
        bancada.fila("update ImportacaoAtendimento set reservado_por = 'outro#1|' where situacao = 'reservado'")
        gravar(lote)

    entrega.lotes.gravar = perder_a_reserva
    confirmadas = "select count(*) from livro_entrega where versao_conteudo is not null and versao_tentada is null"
    antes = bancada.fila(confirmadas)
    entrega.executar()
    assert bancada.fila(confirmadas)[0][0] <= antes[0][0]
    assert set(situacoes(bancada)) >= {"reservado"}
    bancada.montagem.fila().recuperar("outro#")


def test_a_delivery_that_airflow_ends_gives_its_rows_back(bancada):
    novas(bancada)
    bancada.servidor.falhas(atraso_ms=30_000)
    antes = signal.signal(signal.SIGTERM, lambda *_: Encerravel().on_kill())
    aviso = threading.Timer(1, os.kill, (os.getpid(), signal.SIGTERM))
    aviso.start()
    try:
        with pytest.raises(SystemExit):
            bancada.entregar()
    finally:
        signal.signal(signal.SIGTERM, antes)
        bancada.servidor.limpar_falhas()
    assert "reservado" not in situacoes(bancada)
    assert bancada.entregar().enviados > 0


def test_refused_records_hold_back_nobody_and_say_why(bancada):
    (ruim,) = bancada.mudar(1, invalido="cpf_invalido")
    novas(bancada, 10)
    resultado = bancada.entregar()
    # A new attendance may be that patient's, too.
    assert resultado.erros > 0 and resultado.enviados > 0
    assert dict(resultado.motivos) == {"paciente.cpf: CPF inválido": resultado.erros}
    # The other tests' new attendances may be, too.
    bancada.origem(
        "update dbo.Paciente set Cpf = null, AtualizadoEm = clock_timestamp() at time zone 'America/Bahia' where PacienteId = %s",
        ruim.chave_paciente,
    )


def test_a_systemic_fault_turns_the_run_red_and_says_what_to_do(bancada):
    novas(bancada)
    with pytest.raises(MuitosErros, match="limpe esta tarefa"):
        _com_rota_errada(bancada).executar()
    bancada.montagem.fila().reenviar_erros()


def _com_rota_errada(b: Bancada):
    entrega = b.entrega(minimo_para_parcela=2)
    entrega.lotes.vias = [replace(via, destino=replace(via.destino, rota="/api/Json/999")) for via in entrega.lotes.vias]
    return entrega


def test_row_deleted_between_queue_and_read_keeps_its_reason(bancada):
    mudanca = bancada.mudar(1, invalido=None)[0]
    bancada.fila(
        "insert into ImportacaoAtendimento (integracao_id, processo, chave, operacao, prioridade, situacao, tentativas, criado_em, reabrir)"
        " values (12, 'importacao', '987654321', 'alteracao', 5, 'pendente', 0, now(), false)"
    )
    assert mudanca.chave
    assert bancada.entregar().motivos[AUSENTE] == 1
    bancada.montagem.fila().descartar(["987654321"], "teste")


def test_replay_with_force_sends_unchanged_content_once_more(bancada):
    from include.fusion.change.replay import Pedido, enfileirar_pedido

    chave = bancada.fusion("select codigo from registro where not cancelado limit 1")[0][0]
    m = bancada.montagem
    enfileirar_pedido(m.consultas, m.fusion, m.fila(), m.livro, Pedido(atendimento=chave, forcar=True), pagina=100)
    assert bancada.entregar().enviados == 1
    bancada.fusion("delete from aplicacao where id = (select max(id) from aplicacao)")  # asked for, so no doubling


def test_dry_run_counts_and_touches_nothing(bancada):
    from include.fusion.change.replay import Pedido
    from include.fusion.delivery.dry_run import simular

    novas(bancada)
    antes = situacoes(bancada), bancada.fusion("select count(*) from aplicacao")
    m = bancada.montagem
    resultado = simular(m.consultas, m.fila(), m.leitor, Pedido(), limite=1000)
    assert resultado["enviaria"] > 0 and resultado["recusaria"] == 0
    assert (situacoes(bancada), bancada.fusion("select count(*) from aplicacao")) == antes


def test_max_records_per_cycle_is_kept(bancada):
    novas(bancada, 30)
    entrega = bancada.entrega(max_records=5, intervalo=timedelta(seconds=1))
    tamanhos = []
    gravar = entrega.lotes.gravar
    entrega.lotes.gravar = lambda lote: (tamanhos.append(len(lote.envios)), gravar(lote))
    entrega.executar()
    assert max(tamanhos) <= 5 and len(tamanhos) > 1


def test_lingering_run_takes_what_arrives_meanwhile(bancada):
    restam = [3]

    def realimentar(ultimo: bool) -> int:
        if not restam[0]:
            return 0
        restam[0] -= 1
        return novas(bancada, 2)

    entrega = bancada.entrega(realimentar=realimentar, permanencia=timedelta(seconds=1))
    resultado = entrega.executar()
    assert restam == [0] and resultado.enfileirados > 0 and resultado.processados > 0
    assert not bancada.montagem.fila().tem_prontos()


def test_record_that_keeps_ending_its_workers_goes_to_erro(bancada):
    novas(bancada, 1)
    bancada.fila("update ImportacaoAtendimento set tentativas = 8 where situacao = 'pendente'")
    resultado = bancada.entregar()
    assert list(resultado.motivos) == ["processamento interrompido 8 vezes"]
    bancada.montagem.fila().reenviar_erros()


def _perder_respostas(b: Bancada, vezes: int) -> None:
    """Deliver what is queued, dying each time between Fusion's acceptance and our own writing."""
    for _ in range(vezes):
        entrega = b.entrega()
        entrega.lotes.gravar = lambda lote: None
        entrega.executar()
        b.fila("update ImportacaoAtendimento set situacao = 'pendente', reservado_por = null where situacao = 'reservado'")


def test_content_that_goes_there_and_back_with_every_answer_lost_ends_as_the_source_says(bancada):
    chave = int(bancada.fusion("select codigo from registro where not cancelado order by id limit 1")[0][0])
    for queixa in ("dor", "febre", "dor"):
        bancada.origem(
            "update dbo.Atendimento set QueixaPrincipal = %s, AtualizadoEm = clock_timestamp() at time zone 'America/Bahia'"
            " where AtendimentoId = %s", queixa, chave,
        )  # fmt: skip
        bancada.carregar()
        _perder_respostas(bancada, 2)
    bancada.entregar()
    assert bancada.fusion("select corpo ->> 'queixaPrincipal' from registro where codigo = %s", str(chave)) == [("dor",)]


def test_cancelled_after_a_send_whose_answer_was_lost_is_cancelled_in_fusion(bancada):
    nova = next(m.chave for m in iter(lambda: bancada.mudar(1)[0], None) if m.operacao == "inclusao")
    bancada.carregar()
    _perder_respostas(bancada, 1)
    bancada.origem(
        "update dbo.Atendimento set Situacao = 'C', AtualizadoEm = clock_timestamp() at time zone 'America/Bahia' where AtendimentoId = %s",
        int(nova),
    )
    bancada.carregar()
    bancada.entregar()
    assert bancada.fusion("select cancelado from registro where codigo = %s", nova) == [(True,)]
