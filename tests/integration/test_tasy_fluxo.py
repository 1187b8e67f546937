"""Tasy from the touched row to Fusion: each kind of change arrives, what may not leave stays, what did not change is not sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from include.fusion.change.watcher import situacoes
from sandbox.origens import tasy as origem
from sandbox.origens.tasy import clinica
from sandbox.origens.tasy import textos as t
from sandbox.origens.tasy.hospital import Alvo, Hospital
from sandbox.postgres import Postgres
from tests.bancada import Bancada
from tests.integration.tasy_apoio import ATENDIMENTOS, PACIENTES, em_fusion, erro, hospital, novo, pendentes, sincronizar


@pytest.fixture(scope="module")
def base(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bancada]:
    b = Bancada(postgres, Path(tmp_path_factory.mktemp("tasy")), "tasy", 60)
    sincronizar(b)
    yield b
    b.fechar()


@pytest.fixture
def bancada(base: Bancada) -> Iterator[Bancada]:
    """At rest before a test; equal to the source, and nothing twice, after it."""
    sincronizar(base)
    yield base
    sincronizar(base)
    assert base.divergentes() == [] and base.duplicados() == []


def test_the_whole_history_comes_without_an_initial_load(bancada: Bancada) -> None:
    [(vivos,)] = bancada.origem("select count(*) from tasy.atendimento_paciente where dt_cancelamento is null")
    assert bancada.fusion("select count(*) from registro where entidade = 'atendimento' and not cancelado") == [(vivos,)]
    assert bancada.fusion("select count(*) > 5 from registro where entidade = 'paciente'") == [(True,)]


def test_a_second_look_queues_nothing(bancada: Bancada) -> None:
    novo(bancada)
    assert bancada.montar().busca().executar().enfileirados == 0


CAUSAS: dict[str, tuple[Callable[[Hospital, Alvo], Any], str]] = {
    "sinais": (lambda h, a: clinica.sinal(h, a, qt_temp=36.5), "sinaisVitais"),
    "evolucao": (lambda h, a: clinica.nota(h, a, t.rtf("Função")), "evolucoes"),
    "prescricao": (lambda h, a: clinica.receita(h, a), "prescricoes"),
    "procedimento": (clinica.item, "solicitacoesExame"),
    "diagnostico": (clinica.diagnostico, "diagnosticos"),
    "alergia": (lambda h, a: h.inserir("paciente_alergia", cd_pessoa_fisica=a.paciente, dt_liberacao=h.agora, nr_seq_tipo=2), "alergias"),
    "estada": (lambda h, a: h.estada(a.chave, 9), "movimentacoesLeito"),
}


@pytest.mark.parametrize("causa", CAUSAS)
def test_each_kind_of_row_reaches_fusion_by_its_own_marker(bancada: Bancada, causa: str) -> None:
    alvo = novo(bancada)
    fazer, lista = CAUSAS[causa]
    antes = len((em_fusion(bancada, alvo.chave) or {}).get(lista, []))
    with hospital(bancada) as h:
        fazer(h, alvo)
    bancada.carregar()
    assert pendentes(bancada, *alvo) == {(ATENDIMENTOS, str(alvo.chave), "alteracao")}
    bancada.entregar()
    assert len((em_fusion(bancada, alvo.chave) or {})[lista]) > antes


def test_a_suspended_item_and_another_payer_are_seen_by_their_own_rows(bancada: Bancada) -> None:
    alvo = novo(bancada)
    with hospital(bancada) as h:
        clinica.receita(h, alvo)
    sincronizar(bancada)
    with hospital(bancada) as h:
        clinica.suspensao(h, alvo)
        clinica.convenio(h, alvo)
    antes = em_fusion(bancada, alvo.chave) or {}
    sincronizar(bancada)
    agora = em_fusion(bancada, alvo.chave) or {}
    assert any(p["suspenso"] for p in agora["prescricoes"]) and agora["convenio"] != antes["convenio"]


def test_a_draft_never_leaves_until_it_is_released(bancada: Bancada) -> None:
    alvo = novo(bancada)
    with hospital(bancada) as h:
        clinica.nota(h, alvo, "RASCUNHO SECRETO", rascunho=True)
        clinica.receita(h, alvo, solta=False)
        clinica.sinal(h, alvo, qt_temp=39.9, dt_liberacao=None)
        h.inserir("paciente_alergia", cd_pessoa_fisica=alvo.paciente, nr_seq_tipo=2)
    r = sincronizar(bancada)
    lido = em_fusion(bancada, alvo.chave) or {}
    assert r.enviados == 0 and r.inalterados >= 1
    assert not any(lido[lista] for lista in ("evolucoes", "prescricoes", "sinaisVitais", "alergias"))
    assert bancada.fusion("select count(*) from aplicacao a where a::text like '%%RASCUNHO%%'") == [(0,)]
    with hospital(bancada) as h:
        clinica.evolucao(h, alvo)
    sincronizar(bancada)
    assert [e["texto"] for e in (em_fusion(bancada, alvo.chave) or {})["evolucoes"]] == ["RASCUNHO SECRETO"]


def test_a_release_that_is_taken_back_takes_the_row_back(bancada: Bancada) -> None:
    alvo = novo(bancada)
    with hospital(bancada) as h:
        nota = clinica.nota(h, alvo, "Solta")
    sincronizar(bancada)
    with hospital(bancada) as h:
        h.mudar("evolucao_paciente", {"cd_evolucao": nota}, dt_liberacao=None)
    sincronizar(bancada)
    assert (em_fusion(bancada, alvo.chave) or {})["evolucoes"] == []


INATIVACOES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "sinal por data": ("atendimento_sinal_vital", "sinaisVitais", {"dt_inativacao": "agora"}),
    "sinal por situação": ("atendimento_sinal_vital", "sinaisVitais", {"ie_situacao": "I"}),
    "evolução": ("evolucao_paciente", "evolucoes", {"ie_situacao": "I"}),
    "diagnóstico": ("diagnostico_doenca", "diagnosticos", {"ie_situacao": "I"}),
    "alergia": ("paciente_alergia", "alergias", {"dt_inativacao": "agora"}),
}


@pytest.mark.parametrize("qual", INATIVACOES)
def test_an_inactivated_row_disappears(bancada: Bancada, qual: str) -> None:
    alvo = novo(bancada)
    tabela, lista, marca = INATIVACOES[qual]
    with hospital(bancada) as h:
        for causa in ("sinais", "evolucao", "diagnostico", "alergia"):
            CAUSAS[causa][0](h, alvo)
    sincronizar(bancada)
    assert (em_fusion(bancada, alvo.chave) or {})[lista]
    with hospital(bancada) as h:
        onde = {"cd_pessoa_fisica": alvo.paciente} if tabela == "paciente_alergia" else {"nr_atendimento": alvo.chave}
        h.mudar(tabela, onde, **{c: h.agora if v == "agora" else v for c, v in marca.items()})
    sincronizar(bancada)
    assert (em_fusion(bancada, alvo.chave) or {})[lista] == []


def test_a_denial_is_said_and_withdrawn_by_a_real_allergy(bancada: Bancada) -> None:
    alvo = novo(bancada)
    with hospital(bancada) as h:
        h.inserir("paciente_alergia", cd_pessoa_fisica=alvo.paciente, dt_liberacao=h.agora, ie_nega_alergias="S")
    sincronizar(bancada)
    negado = em_fusion(bancada, alvo.chave) or {}
    assert negado["negaAlergias"] is True and negado["alergias"] == []
    with hospital(bancada) as h:
        h.inserir("paciente_alergia", cd_pessoa_fisica=alvo.paciente, dt_liberacao=h.agora, ie_nega_alergias="N", ds_medic_nao_cad="Iodo")
    sincronizar(bancada)
    alergico = em_fusion(bancada, alvo.chave) or {}
    assert "negaAlergias" not in alergico and [a["substancia"] for a in alergico["alergias"]] == ["Iodo"]


@pytest.mark.parametrize("tabela", ["atendimento_paciente", "atend_paciente_unidade", "pessoa_fisica", "compl_pessoa_fisica"])
def test_an_administrative_edit_is_concluded_without_sending(bancada: Bancada, tabela: str) -> None:
    alvo = novo(bancada)
    with hospital(bancada) as h:
        onde = {"nr_atendimento": alvo.chave} if tabela.startswith("atend") else {"cd_pessoa_fisica": alvo.paciente}
        assert h.mudar(tabela, onde)
    antes = bancada.fusion("select count(*) from aplicacao")
    r = sincronizar(bancada)
    assert bancada.fusion("select count(*) from aplicacao") == antes and r.enviados == 0 and r.inalterados >= 1
    assert "poupados: 100 % (sem mudança)" in r.resumo() and r.contagens()["poupados_pct"] == 100


def test_a_cancelled_attendance_is_cancelled_and_comes_again_when_reopened(bancada: Bancada) -> None:
    alvo = novo(bancada)
    with hospital(bancada) as h:
        h.mudar("atendimento_paciente", {"nr_atendimento": alvo.chave}, dt_cancelamento=h.agora)
    bancada.carregar()
    assert pendentes(bancada, *alvo) == {(ATENDIMENTOS, str(alvo.chave), "exclusao")}
    bancada.entregar()
    assert em_fusion(bancada, alvo.chave) is None
    with hospital(bancada) as h:
        clinica.sinal(h, alvo, qt_temp=36.5)
    sincronizar(bancada)
    assert em_fusion(bancada, alvo.chave) is None
    with hospital(bancada) as h:
        h.mudar("atendimento_paciente", {"nr_atendimento": alvo.chave}, dt_cancelamento=None)
    sincronizar(bancada)
    assert len((em_fusion(bancada, alvo.chave) or {})["sinaisVitais"]) == 1


def test_cancelled_between_queue_and_read_is_cancelled_not_refused(bancada: Bancada) -> None:
    alvo = novo(bancada)
    with hospital(bancada) as h:
        clinica.sinal(h, alvo, qt_temp=36.5)
    bancada.carregar()
    with hospital(bancada) as h:
        h.mudar("atendimento_paciente", {"nr_atendimento": alvo.chave}, dt_cancelamento=h.agora)
    r = bancada.entregar()
    assert (r.cancelados, r.erros) == (1, 0) and em_fusion(bancada, alvo.chave) is None


@pytest.mark.parametrize(
    ("tabela", "valores", "caminho"),
    [
        ("pessoa_fisica", {"nm_social": "Nome Novo"}, ("nomeSocial",)),
        ("compl_pessoa_fisica", {"ds_bairro": "Bairro Novo"}, ("endereco", "bairro")),
    ],
)
def test_a_patients_edit_goes_as_a_patient_and_shows_on_every_attendance(
    bancada: Bancada, tabela: str, valores: dict[str, str], caminho: tuple[str, ...]
) -> None:
    alvo = novo(bancada)
    with hospital(bancada, 60) as h:
        outro = h.novo_atendimento(alvo.paciente, 8)
        if not h.um("select 1 from tasy.compl_pessoa_fisica where cd_pessoa_fisica = %s and ie_tipo_complemento = 1", alvo.paciente):
            h.inserir("compl_pessoa_fisica", cd_pessoa_fisica=alvo.paciente, nr_sequencia=90, ie_tipo_complemento=1)
    sincronizar(bancada)
    with hospital(bancada) as h:
        h.mudar(tabela, {"cd_pessoa_fisica": alvo.paciente}, **valores)
    bancada.carregar()
    atendimentos = {(ATENDIMENTOS, str(c), "alteracao") for c in (alvo.chave, outro)}
    assert pendentes(bancada, *alvo, outro) == {(PACIENTES, alvo.paciente, "alteracao"), *atendimentos}
    bancada.entregar()
    pacientes = [em_fusion(bancada, alvo.paciente, "paciente") or {}]
    pacientes += [(em_fusion(bancada, chave) or {})["paciente"] for chave in (alvo.chave, outro)]
    for p in pacientes:
        valor: Any = p
        for parte in caminho:
            valor = valor[parte]
        assert valor == next(iter(valores.values()))


def test_a_person_registered_long_ago_becomes_a_patient_by_the_first_attendance(bancada: Bancada) -> None:
    with hospital(bancada, 3600) as h:
        paciente = h.novo_paciente()
    novo(bancada)
    with hospital(bancada, 60) as h:
        h.novo_atendimento(paciente, 8)
    sincronizar(bancada)
    assert em_fusion(bancada, paciente, "paciente") is not None


def test_a_person_whom_an_attendance_is_moved_to_becomes_a_patient(bancada: Bancada) -> None:
    """Whoever came in unknown is told later: the attendance is not new, and the person was registered long ago."""
    with hospital(bancada, 3600) as h:
        paciente = h.novo_paciente()
        chave = h.novo_atendimento(h.novo_paciente(), 1)
    sincronizar(bancada)
    novo(bancada)
    with hospital(bancada) as h:
        h.mudar("atendimento_paciente", {"nr_atendimento": chave}, cd_pessoa_fisica=paciente)
    sincronizar(bancada)
    assert em_fusion(bancada, paciente, "paciente") is not None


def test_a_touched_attendance_does_not_queue_a_patient_that_fusion_has(bancada: Bancada) -> None:
    alvo = novo(bancada)
    while bancada.carregar():
        time.sleep(0.2)  # What an earlier test did in a second that is not over yet.
    with hospital(bancada) as h:
        h.mudar("atendimento_paciente", {"nr_atendimento": alvo.chave})
    marcas = situacoes(bancada.montagem.fusion, [bancada.montagem.alvo])[bancada.montagem.alvo].marcas
    assert not bancada.montagem.vigia("gerar_pendencia_atualizacao_pacientes").ha_trabalho(marcas)
    bancada.carregar()
    assert pendentes(bancada, *alvo) == {(ATENDIMENTOS, str(alvo.chave), "alteracao")}


def test_a_sign_that_commits_late_beside_another_of_its_second_arrives(bancada: Bancada) -> None:
    alvo = novo(bancada)
    with hospital(bancada, 30) as atrasado:
        clinica.sinal(atrasado, alvo, qt_temp=39.5)
        with hospital(bancada) as h:
            h.agora = atrasado.agora
            clinica.sinal(h, alvo, qt_temp=36.5)
        sincronizar(bancada)
    sincronizar(bancada)
    assert {s["valor"] for s in (em_fusion(bancada, alvo.chave) or {})["sinaisVitais"]} == {36.5, 39.5}


def test_a_search_that_is_switched_off_is_nobodys_work(bancada: Bancada) -> None:
    alvo = novo(bancada)
    while bancada.carregar():
        time.sleep(0.2)  # What an earlier test did in a second that is not over yet.
    montagem = bancada.montar()
    desligado = montagem.integracao.gerar_pendencia_atualizacao_pacientes.model_copy(update={"habilitado": False})  # type: ignore[attr-defined]
    montagem.integracao = montagem.integracao.model_copy(update={"gerar_pendencia_atualizacao_pacientes": desligado})
    with hospital(bancada) as h:
        h.mudar("pessoa_fisica", {"cd_pessoa_fisica": alvo.paciente}, nm_social="Outro")
    assert not montagem.vigia().ha_trabalho(situacoes(montagem.fusion, [montagem.alvo])[montagem.alvo].marcas)
    assert montagem.busca().executar().enfileirados == 0


def test_a_nurses_own_record_reaches_fusion_under_no_name_of_a_patient(bancada: Bancada) -> None:
    with hospital(bancada) as h:
        h.mudar("pessoa_fisica", {"cd_pessoa_fisica": "5"}, nm_social="Equipe")
    bancada.carregar()
    assert pendentes(bancada, 5) == set()


@pytest.mark.parametrize("tipo", origem.INVALIDOS)
def test_bad_input_is_refused_with_its_reason(bancada: Bancada, tipo: str) -> None:
    (mudanca,) = bancada.mudar(invalido=tipo)
    sincronizar(bancada)
    assert erro(bancada, mudanca.chave) and em_fusion(bancada, mudanca.chave) is None


@pytest.mark.parametrize("tipo", origem.ESTRANHOS)
def test_odd_input_arrives(bancada: Bancada, tipo: str) -> None:
    (mudanca,) = bancada.mudar(invalido=tipo)
    sincronizar(bancada)
    assert erro(bancada, mudanca.chave) is None and em_fusion(bancada, mudanca.chave) is not None


def test_a_sign_of_another_patient_stays_until_the_hospital_settles_it(bancada: Bancada) -> None:
    alvo = novo(bancada)
    with hospital(bancada) as h:
        sinal = clinica.sinal(h, alvo, qt_temp=36.5, cd_paciente="1001")
    sincronizar(bancada)
    assert "não é o paciente do atendimento" in (erro(bancada, alvo.chave) or "")
    assert (em_fusion(bancada, alvo.chave) or {})["sinaisVitais"] == []
    with hospital(bancada) as h:
        h.mudar("atendimento_sinal_vital", {"nr_sequencia": sinal}, ie_situacao="I", dt_inativacao=h.agora)
    sincronizar(bancada)
    assert erro(bancada, alvo.chave) is None


def test_a_day_in_the_hospital_ends_with_fusion_equal_to_the_source(bancada: Bancada) -> None:
    for _ in range(5):
        bancada.mudar(30)
        sincronizar(bancada)
