"""TrackCare from its own tables to Fusion's HL7 controller: real databases, real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from include.fusion.change.replica import Espelho
from include.fusion.change.watermark_scan import INICIO
from include.fusion.hl7.wire.ack import Ack, Hl7SemResposta
from include.fusion.hl7.wire.transport import TransporteHttp
from include.fusion.reading.sql import sql_folder
from include.fusion.sistemas.trackcare import prepare as trackcare_preparo
from include.fusion.sistemas.trackcare.system import COPIA
from include.fusion.store.filas import ItemFila
from sandbox.origens.trackcare import INVALIDOS
from sandbox.postgres import Postgres
from tests.integration.trackcare_cadeia import PENDENCIA, Cadeia


@pytest.fixture(scope="module")
def modulo(postgres: Postgres, tmp_path_factory: Any) -> Iterator[Cadeia]:
    c = Cadeia(postgres, tmp_path_factory.mktemp("trackcare"), 40)
    c.carga_inicial()
    c.tudo()
    yield c
    c.fechar()


@pytest.fixture
def cadeia(modulo: Cadeia) -> Iterator[Cadeia]:
    yield modulo
    modulo.tudo()
    assert set(modulo.situacoes()) <= {"concluido", "descartado"}


def test_the_whole_history_arrives_as_messages(cadeia: Cadeia) -> None:
    pessoas = cadeia.origem("select count(*) from sqluser.pacienteses")[0][0]
    assert cadeia.fila("select count(*) from PacienteSES where integracao_id = 2")[0][0] == pessoas > 0
    assert len({p for *_, p in cadeia.mensagens()}) > pessoas / 2
    assert len(cadeia.mensagens()) == cadeia.situacoes()["concluido"]


def test_nothing_new_makes_and_sends_nothing(cadeia: Cadeia) -> None:
    antes = len(cadeia.mensagens())
    cadeia.montagem.esquecer_marcas(None)
    assert cadeia.carregar() == 0
    cadeia.fila("update marca_dagua set marcador = marcador where false")
    assert (cadeia.preparar().mensagens, cadeia.enviar().enviados, len(cadeia.mensagens())) == (0, 0, antes)


def test_a_change_becomes_messages_of_that_patient_only(cadeia: Cadeia) -> None:
    antes = {c for _, c, _ in cadeia.mensagens()}
    mudanca = cadeia.mudar(1)[0]
    cadeia.tudo()
    novas = [(t, p) for t, c, p in cadeia.mensagens() if c not in antes]
    assert novas and {p for _, p in novas} <= {mudanca.chave_paciente, mudanca.chave}


def test_what_the_copy_does_not_hold_of_a_person_travels_as_well(cadeia: Cadeia) -> None:
    paciente = cadeia.origem("select max(paper_rowid) from sqluser.pa_person")[0][0]
    for n, coluna in enumerate(("paper_stname", "paper_telh")):
        antes = {c for _, c, _ in cadeia.mensagens()}
        cadeia.origem(f"update sqluser.pa_person set {coluna} = %s where paper_rowid = %s", f"6133330{n}", paciente)
        cadeia.tudo()
        assert [t[4:7] for t, c, p in cadeia.mensagens() if c not in antes and p == str(paciente)] == ["A31"], coluna


class Perdida(TransporteHttp):
    """The first answers get lost after Fusion took the message."""

    restam = 2

    async def enviar(self, mensagem: bytes) -> Ack:
        ack = await super().enviar(mensagem)
        if self.restam:
            self.restam -= 1
            raise Hl7SemResposta("perdida no caminho")
        return ack


def test_a_lost_acknowledgement_makes_no_second_message(cadeia: Cadeia) -> None:
    cadeia.mudar(3)
    cadeia.carregar()
    feitas = cadeia.preparar().mensagens
    antes = len(cadeia.mensagens())
    assert cadeia.enviar(Perdida(cadeia.cliente(), "/api/HL7/2")).enviados == feitas > 0
    assert len(cadeia.mensagens()) == antes + feitas


def test_messages_of_a_patient_arrive_in_the_order_in_which_they_were_made(cadeia: Cadeia) -> None:
    cadeia.mudar(10)
    cadeia.tudo()
    feitas = cadeia.fila("select chave_paciente, chave from PacienteArquivo where integracao_id = 2 order by id")
    posicao = {controle: n for n, (_, controle, _) in enumerate(cadeia.mensagens())}
    por_paciente: dict[str, list[int]] = {}
    for paciente, controle in feitas:
        por_paciente.setdefault(paciente, []).append(posicao[controle])
    assert all(lista == sorted(lista) for lista in por_paciente.values())


def test_a_refused_message_is_made_anew_when_its_patient_is_looked_at_again(cadeia: Cadeia) -> None:
    controle, paciente = cadeia.fila(
        "select chave, chave_paciente from PacienteArquivo where situacao = 'concluido' and assunto like 'paciente %%' order by id desc limit 1"
    )[0]
    cadeia.fila("update PacienteArquivo set situacao = 'erro', recusada = true, concluido_em = null where chave = %s", controle)
    with cadeia.montagem.fusion.begin() as con:
        cadeia.montagem.fila(PENDENCIA).enfileirar(con, [ItemFila(paciente, paciente)])
    assert cadeia.preparar().mensagens == 1
    assert cadeia.fila("select situacao from PacienteArquivo where chave = %s", controle) == [("descartado",)]


def recusar(cadeia: Cadeia, assunto: str) -> None:
    cadeia.fila(
        "update PacienteArquivo set situacao = 'erro', recusada = true, concluido_em = null where id ="
        " (select max(id) from PacienteArquivo where integracao_id = 2 and assunto = %s)", assunto,
    )  # fmt: skip


def uma_visita(cadeia: Cadeia, qual: str) -> tuple[int, Callable[..., list[str]]]:
    """An open visit, and a change of it: the events that Fusion hears of its patient then."""
    adm, papmi = cadeia.origem(
        f"select paadm_rowid, paadm_papmi_dr from sqluser.pa_adm where paadm_visitstatus = 'A' order by paadm_rowid {qual} limit 1"
    )[0]

    def dizer(**colunas: Any) -> list[str]:
        antes = {c for _, c, _ in cadeia.mensagens()}
        cadeia.origem(f"update sqluser.pa_adm set {', '.join(f'{c} = %s' for c in colunas)} where paadm_rowid = %s", *colunas.values(), adm)
        cadeia.tudo()
        return [t[4:7] for t, c, p in cadeia.mensagens() if c not in antes and p == str(papmi)]

    return adm, dizer


def test_a_visit_whose_admission_and_update_were_both_refused_is_admitted_anew(cadeia: Cadeia) -> None:
    adm, dizer = uma_visita(cadeia, "asc")
    assert dizer(paadm_depcode_dr=1, paadm_admtime="02:02") == ["A08"]
    cadeia.fila("update PacienteArquivo set situacao = 'erro', recusada = true, concluido_em = null where assunto = %s", f"visita {adm}")
    assert dizer(paadm_admtime="02:03") == ["A01"]


def test_what_fusion_had_before_a_refusal_is_updated_and_cancelled_not_admitted_again(cadeia: Cadeia) -> None:
    adm, dizer = uma_visita(cadeia, "desc")
    assert dizer(paadm_depcode_dr=1, paadm_admtime="01:02") == ["A08"]
    recusar(cadeia, f"visita {adm}")
    assert dizer(paadm_admtime="01:03") == ["A08"], "an update was refused: the admission was not"
    recusar(cadeia, f"visita {adm}")
    assert dizer(paadm_visitstatus="C") == ["A11"], "the visit is alive, whatever became of its last update"
    recusar(cadeia, f"visita {adm}")
    assert dizer(paadm_admtime="01:04") == ["A11"], "a refused cancellation is due until it is taken"


def test_refused_messages_of_a_subject_are_all_replaced_and_none_takes_fusion_back(cadeia: Cadeia) -> None:
    paciente = cadeia.origem("select max(paper_rowid) from sqluser.pa_person")[0][0]
    erro = "update PacienteArquivo set situacao = 'erro', recusada = true, concluido_em = null where id in (select id from PacienteArquivo where assunto = %s order by id desc limit %s)"
    situacoes = "select situacao from PacienteArquivo where assunto = %s order by id desc limit 3"
    for n in range(3):
        cadeia.origem("update sqluser.pa_person set paper_mobphone = %s where paper_rowid = %s", f"6190000000{n}", paciente)
        cadeia.tudo()
    assunto = f"paciente {paciente}"
    cadeia.fila(erro, assunto, 3)
    cadeia.fila(
        "update PacienteArquivo set situacao = 'concluido' where id = (select max(id) from PacienteArquivo where assunto = %s)", assunto
    )
    assert cadeia.montagem.filas()[1].reenviar_erros() == 0
    assert [s for (s,) in cadeia.fila(situacoes, assunto)] == ["concluido", "descartado", "descartado"]
    cadeia.fila(erro, assunto, 3)
    with cadeia.montagem.fusion.begin() as con:
        cadeia.montagem.fila(PENDENCIA).enfileirar(con, [ItemFila(str(paciente), str(paciente))])
    assert cadeia.preparar().mensagens == 1
    assert [s for (s,) in cadeia.fila(situacoes, assunto)] == ["pendente", "descartado", "descartado"]


def test_a_patient_that_ends_its_workers_does_not_go_on_ending_them(cadeia: Cadeia) -> None:
    mudanca = cadeia.mudar(1)[0]
    cadeia.carregar()
    cadeia.fila("update PendenciaIntegracao set tentativas = 8 where situacao = 'pendente'")
    assert cadeia.preparar().erros >= 1
    motivo = "select motivo from PendenciaIntegracao where chave = %s and situacao = 'erro'"
    assert cadeia.fila(motivo, mudanca.chave) == [("processamento interrompido 8 vezes",)]
    assert cadeia.montagem.fila(PENDENCIA).reenviar_erros() and cadeia.preparar().mensagens > 0


def test_a_message_that_waits_is_not_made_twice(cadeia: Cadeia) -> None:
    cadeia.mudar(2)
    cadeia.carregar()
    assert cadeia.preparar().mensagens > 0
    cadeia.montagem.esquecer_marcas(None)
    cadeia.fila("delete from PacienteSES where integracao_id = 2")
    assert cadeia.carregar() > 0
    assert cadeia.preparar().mensagens == 0


@pytest.mark.parametrize("tipo", INVALIDOS)
def test_bad_input_has_a_reason_and_the_others_go_on(cadeia: Cadeia, tipo: str) -> None:
    mudanca = cadeia.mudar(1, invalido=tipo)[0]
    outra = cadeia.mudar(1)[0]
    cadeia.tudo()
    motivos = cadeia.fila(
        "select motivo from PendenciaIntegracao where chave = %s and situacao = 'erro' union all"
        " select motivo from PacienteArquivo where chave_paciente = %s and situacao = 'erro'", mudanca.chave, mudanca.chave,
    )  # fmt: skip
    assert motivos and all(motivo for (motivo,) in motivos)
    assert cadeia.fila("select situacao from PendenciaIntegracao where chave = %s order by id desc limit 1", outra.chave)
    cadeia.fila("update PacienteArquivo set situacao = 'descartado' where situacao = 'erro'")


def test_the_initial_load_resumes_behind_its_last_page_and_repeats_nobody(postgres: Postgres, tmp_path: Path) -> None:
    c = Cadeia(postgres, tmp_path, 60)
    c.montagem.marcas("carga_inicial")
    pessoas = c.origem("select count(*) from sqluser.pa_person")[0][0]
    assert c.carga_inicial(pagina=7) == pessoas
    assert c.carga_inicial(pagina=7) == pessoas
    assert c.origem("select count(*) from sqluser.pacienteses")[0][0] <= pessoas
    c.fechar()


def test_a_load_holds_up_neither_the_messages_made_nor_whom_something_happens_to(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trackcare_preparo, "DURACAO_MAX", 0.0)
    c = Cadeia(postgres, tmp_path, 20, pendencia_busca_paciente={"max_records": 1})
    c.origem("truncate sqluser.pacienteses")
    c.carga_inicial()
    assert c.carregar() > 3
    assert c.fila("select distinct prioridade from PendenciaIntegracao") == [(9,)]
    ultimo = c.origem(
        "select papmi_paper_dr from sqluser.pa_adm join sqluser.pa_patmas on papmi_rowid1 = paadm_papmi_dr order by 1 desc limit 1"
    )[0][0]
    c.origem("update sqluser.pa_adm set paadm_depcode_dr = 1 where paadm_papmi_dr = (select papmi_rowid1 from sqluser.pa_patmas where papmi_paper_dr = %s)",
             ultimo)  # fmt: skip
    c.carregar()
    assert c.preparar().pacientes == 1, "a turn ends, and what was made is sent before more is"
    assert c.fila("select chave from PendenciaIntegracao where situacao <> 'pendente'") == [(str(ultimo),)]
    while c.preparar().pacientes:
        pass
    assert not c.montagem.fila(PENDENCIA).tem_prontos()
    c.fechar()


def test_whom_the_load_marks_behind_the_watermark_is_synchronised_all_the_same(postgres: Postgres, tmp_path: Path) -> None:
    c = Cadeia(postgres, tmp_path, 60)
    c.mudar(3)
    assert 0 < c.carregar() <= 3
    c.carga_inicial(pagina=7, atraso="1 hour")
    c.carregar()
    copia = c.fila("select count(*) from PacienteSES where integracao_id = 2")
    assert copia == c.origem("select count(*) from sqluser.pacienteses")
    c.fechar()


def test_a_marker_that_a_driver_gives_as_text_settles_like_any_other(postgres: Postgres, tmp_path: Path) -> None:
    c = Cadeia(postgres, tmp_path, 20)
    for arquivo, marcador in (("change_pacienteses.sql", "s.atualizadoem AS"), ("probe_pacienteses.sql", "MAX(s.atualizadoem) AS")):
        nosso = (sql_folder("trackcare") / arquivo).read_text()
        (tmp_path / arquivo).write_text(nosso.replace(marcador, f"CAST({marcador.removesuffix(' AS')} AS varchar(40)) AS"))
    c.montagem.integracao = c.montagem.integracao.model_copy(update={"pasta_sql": tmp_path})
    c.montagem.consultas.pasta_sql = tmp_path
    c.mudar(5)
    assert c.carregar() > 1
    c.carregar()
    with c.montagem.fusion.connect() as con:
        marca = c.montagem.marcas().ler(con, "pacienteses")
    assert marca is not None and not c.montagem.vigia().ha_trabalho({"pacienteses": marca})
    c.fechar()


def test_a_nul_in_a_text_of_the_source_holds_up_nobody(cadeia: Cadeia) -> None:
    consultas, espelho = cadeia.montagem.consultas, Espelho(COPIA, cadeia.montagem.integracao.integracao_id)
    with consultas.engine.connect() as con:
        linha = consultas.linhas(con, "change_pacienteses.sql", marcador=INICIO, chave=None, limite=1)[0]
    with cadeia.montagem.fusion.connect() as con:
        assert [len(espelho.gravar(con, [{**linha, "nomemae": "A\x00na", "email": "\x00"}])) for _ in range(2)] == [1, 0]


def test_a_look_that_is_under_way_does_not_put_back_a_watermark_taken_away(cadeia: Cadeia, monkeypatch: pytest.MonkeyPatch) -> None:
    carga = cadeia.montagem.carga()
    ler = carga.consultas.linhas

    def interromper(*args: Any, **binds: Any) -> Any:
        linhas = ler(*args, **binds)
        cadeia.montagem.esquecer_marcas(None)
        return linhas

    cadeia.carregar()
    cadeia.mudar(1)
    with monkeypatch.context() as m:
        m.setattr(carga.consultas, "linhas", interromper)
        carga.executar()
    assert cadeia.fila("select marcador from marca_dagua where origem = 'pacienteses' and processo = 'carga'") == [(None,)]
