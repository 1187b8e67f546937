"""Tasy from the touched row to Fusion: each kind of change arrives, what may not leave stays, what did not change is not sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from include.fusion.change.watcher import states
from sandbox.origens.tasy import clinica
from sandbox.origens.tasy import textos as t
from sandbox.origens.tasy.hospital import Hospital, Target
from sandbox.postgres import Postgres
from tests.harness import Harness
from tests.integration.sistemas.tasy.helpers import ATENDIMENTOS, PACIENTES, error, hospital, in_fusion, new, pending_ones, synchronise


@pytest.fixture(scope="module")
def base(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    b = Harness(postgres, Path(tmp_path_factory.mktemp("tasy")), "tasy", 60)
    synchronise(b)
    yield b
    b.close()


@pytest.fixture
def harness(base: Harness) -> Iterator[Harness]:
    """At rest before a test; equal to the source, and nothing twice, after it."""
    synchronise(base)
    yield base
    synchronise(base)
    assert base.divergent() == [] and base.duplicates() == []


def test_the_whole_history_comes_without_an_initial_load(harness: Harness) -> None:
    [(living,)] = harness.origem("select count(*) from tasy.atendimento_paciente where dt_cancelamento is null")
    assert harness.fusion("select count(*) from registro where entidade = 'atendimento' and not cancelado") == [(living,)]
    assert harness.fusion("select count(*) > 5 from registro where entidade = 'paciente'") == [(True,)]


CAUSAS: dict[str, tuple[Callable[[Hospital, Target], Any], str]] = {
    "sinais": (lambda h, a: clinica.sinal(h, a, qt_temp=36.5), "sinaisVitais"),
    "evolucao": (lambda h, a: clinica.note(h, a, t.rtf("Função")), "evolucoes"),
    "prescricao": (lambda h, a: clinica.receita(h, a), "prescricoes"),
    "procedimento": (clinica.item, "solicitacoesExame"),
    "diagnostico": (clinica.diagnostico, "diagnosticos"),
    "alergia": (lambda h, a: h.insert("paciente_alergia", cd_pessoa_fisica=a.paciente, dt_liberacao=h.now, nr_seq_tipo=2), "alergias"),
    "estada": (lambda h, a: h.stay(a.chave, 9), "movimentacoesLeito"),
}


@pytest.mark.parametrize("cause", CAUSAS)
def test_each_kind_of_row_reaches_fusion_by_its_own_marker(harness: Harness, cause: str) -> None:
    target = new(harness)
    do, items_list = CAUSAS[cause]
    before = len((in_fusion(harness, target.chave) or {}).get(items_list, []))
    with hospital(harness) as h:
        do(h, target)
    harness.load()
    assert pending_ones(harness, *target) == {(ATENDIMENTOS, str(target.chave), "alteracao")}
    harness.deliver()
    assert len((in_fusion(harness, target.chave) or {})[items_list]) > before


def test_a_suspended_item_and_another_payer_are_seen_by_their_own_rows(harness: Harness) -> None:
    target = new(harness)
    with hospital(harness) as h:
        clinica.receita(h, target)
    synchronise(harness)
    with hospital(harness) as h:
        clinica.suspension(h, target)
        clinica.convenio(h, target)
    before = in_fusion(harness, target.chave) or {}
    synchronise(harness)
    now = in_fusion(harness, target.chave) or {}
    assert any(p["suspenso"] for p in now["prescricoes"]) and now["convenio"] != before["convenio"]


def test_a_draft_never_leaves_until_it_is_released(harness: Harness) -> None:
    target = new(harness)
    with hospital(harness) as h:
        clinica.note(h, target, "RASCUNHO SECRETO", draft=True)
        clinica.receita(h, target, loose=False)
        clinica.sinal(h, target, qt_temp=39.9, dt_liberacao=None)
        h.insert("paciente_alergia", cd_pessoa_fisica=target.paciente, nr_seq_tipo=2)
    r = synchronise(harness)
    read_item = in_fusion(harness, target.chave) or {}
    assert r.enviados == 0 and r.inalterados >= 1
    assert not any(read_item[items_list] for items_list in ("evolucoes", "prescricoes", "sinaisVitais", "alergias"))
    assert harness.fusion("select count(*) from aplicacao a where a::text like '%%RASCUNHO%%'") == [(0,)]
    with hospital(harness) as h:
        clinica.evolucao(h, target)
    synchronise(harness)
    assert [e["texto"] for e in (in_fusion(harness, target.chave) or {})["evolucoes"]] == ["RASCUNHO SECRETO"]


def test_a_release_that_is_taken_back_takes_the_row_back(harness: Harness) -> None:
    target = new(harness)
    with hospital(harness) as h:
        note = clinica.note(h, target, "Solta")
    synchronise(harness)
    with hospital(harness) as h:
        h.change("evolucao_paciente", {"cd_evolucao": note}, dt_liberacao=None)
    synchronise(harness)
    assert (in_fusion(harness, target.chave) or {})["evolucoes"] == []


INATIVACOES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "sinal por data": ("atendimento_sinal_vital", "sinaisVitais", {"dt_inativacao": "agora"}),
    "sinal por situação": ("atendimento_sinal_vital", "sinaisVitais", {"ie_situacao": "I"}),
    "evolução": ("evolucao_paciente", "evolucoes", {"ie_situacao": "I"}),
    "diagnóstico": ("diagnostico_doenca", "diagnosticos", {"ie_situacao": "I"}),
    "alergia": ("paciente_alergia", "alergias", {"dt_inativacao": "agora"}),
}


@pytest.mark.parametrize("which", INATIVACOES)
def test_an_inactivated_row_disappears(harness: Harness, which: str) -> None:
    target = new(harness)
    table, items_list, watermark = INATIVACOES[which]
    with hospital(harness) as h:
        for cause in ("sinais", "evolucao", "diagnostico", "alergia"):
            CAUSAS[cause][0](h, target)
    synchronise(harness)
    assert (in_fusion(harness, target.chave) or {})[items_list]
    with hospital(harness) as h:
        where = {"cd_pessoa_fisica": target.paciente} if table == "paciente_alergia" else {"nr_atendimento": target.chave}
        h.change(table, where, **{c: h.now if v == "agora" else v for c, v in watermark.items()})
    synchronise(harness)
    assert (in_fusion(harness, target.chave) or {})[items_list] == []


def test_a_denial_is_said_and_withdrawn_by_a_real_allergy(harness: Harness) -> None:
    target = new(harness)
    with hospital(harness) as h:
        h.insert("paciente_alergia", cd_pessoa_fisica=target.paciente, dt_liberacao=h.now, ie_nega_alergias="S")
    synchronise(harness)
    negado = in_fusion(harness, target.chave) or {}
    assert negado["negaAlergias"] is True and negado["alergias"] == []
    with hospital(harness) as h:
        h.insert("paciente_alergia", cd_pessoa_fisica=target.paciente, dt_liberacao=h.now, ie_nega_alergias="N", ds_medic_nao_cad="Iodo")
    synchronise(harness)
    alergico = in_fusion(harness, target.chave) or {}
    assert "negaAlergias" not in alergico and [a["substancia"] for a in alergico["alergias"]] == ["Iodo"]


@pytest.mark.parametrize("table", ["atendimento_paciente", "atend_paciente_unidade", "pessoa_fisica", "compl_pessoa_fisica"])
def test_an_administrative_edit_is_concluded_without_sending(harness: Harness, table: str) -> None:
    target = new(harness)
    with hospital(harness) as h:
        where = {"nr_atendimento": target.chave} if table.startswith("atend") else {"cd_pessoa_fisica": target.paciente}
        assert h.change(table, where)
    before = harness.fusion("select count(*) from aplicacao")
    r = synchronise(harness)
    assert harness.fusion("select count(*) from aplicacao") == before and r.enviados == 0 and r.inalterados >= 1
    assert "poupados: 100 % (sem mudança)" in r.digest() and r.contagens()["poupados_pct"] == 100


def test_a_cancelled_attendance_is_cancelled_and_comes_again_when_reopened(harness: Harness) -> None:
    target = new(harness)
    with hospital(harness) as h:
        h.change("atendimento_paciente", {"nr_atendimento": target.chave}, dt_cancelamento=h.now)
    harness.load()
    assert pending_ones(harness, *target) == {(ATENDIMENTOS, str(target.chave), "exclusao")}
    harness.deliver()
    assert in_fusion(harness, target.chave) is None
    with hospital(harness) as h:
        clinica.sinal(h, target, qt_temp=36.5)
    synchronise(harness)
    assert in_fusion(harness, target.chave) is None
    with hospital(harness) as h:
        h.change("atendimento_paciente", {"nr_atendimento": target.chave}, dt_cancelamento=None)
    synchronise(harness)
    assert len((in_fusion(harness, target.chave) or {})["sinaisVitais"]) == 1


def test_cancelled_between_queue_and_read_is_cancelled_not_refused(harness: Harness) -> None:
    target = new(harness)
    with hospital(harness) as h:
        clinica.sinal(h, target, qt_temp=36.5)
    harness.load()
    with hospital(harness) as h:
        h.change("atendimento_paciente", {"nr_atendimento": target.chave}, dt_cancelamento=h.now)
    r = harness.deliver()
    assert (r.cancelados, r.erros) == (1, 0) and in_fusion(harness, target.chave) is None


@pytest.mark.parametrize(
    ("table", "values", "path"),
    [
        ("pessoa_fisica", {"nm_social": "Nome Novo"}, ("nomeSocial",)),
        ("compl_pessoa_fisica", {"ds_bairro": "Bairro Novo"}, ("endereco", "bairro")),
    ],
)
def test_a_patients_edit_goes_as_a_patient_and_shows_on_every_attendance(
    harness: Harness, table: str, values: dict[str, str], path: tuple[str, ...]
) -> None:
    target = new(harness)
    with hospital(harness, 60) as h:
        other = h.new_atendimento(target.paciente, 8)
        if not h.one("select 1 from tasy.compl_pessoa_fisica where cd_pessoa_fisica = %s and ie_tipo_complemento = 1", target.paciente):
            h.insert("compl_pessoa_fisica", cd_pessoa_fisica=target.paciente, nr_sequencia=90, ie_tipo_complemento=1)
    synchronise(harness)
    with hospital(harness) as h:
        h.change(table, {"cd_pessoa_fisica": target.paciente}, **values)
    harness.load()
    atendimentos = {(ATENDIMENTOS, str(c), "alteracao") for c in (target.chave, other)}
    assert pending_ones(harness, *target, other) == {(PACIENTES, target.paciente, "alteracao"), *atendimentos}
    harness.deliver()
    pacientes = [in_fusion(harness, target.paciente, "paciente") or {}]
    pacientes += [(in_fusion(harness, key) or {})["paciente"] for key in (target.chave, other)]
    for p in pacientes:
        value: Any = p
        for part in path:
            value = value[part]
        assert value == next(iter(values.values()))


def test_a_person_registered_long_ago_becomes_a_patient_by_the_first_attendance(harness: Harness) -> None:
    with hospital(harness, 3600) as h:
        paciente = h.new_paciente()
    new(harness)
    with hospital(harness, 60) as h:
        h.new_atendimento(paciente, 8)
    synchronise(harness)
    assert in_fusion(harness, paciente, "paciente") is not None


def test_a_person_whom_an_attendance_is_moved_to_becomes_a_patient(harness: Harness) -> None:
    """Whoever came in unknown is told later: the attendance is not new, and the person was registered long ago."""
    with hospital(harness, 3600) as h:
        paciente = h.new_paciente()
        key = h.new_atendimento(h.new_paciente(), 1)
    synchronise(harness)
    new(harness)
    with hospital(harness) as h:
        h.change("atendimento_paciente", {"nr_atendimento": key}, cd_pessoa_fisica=paciente)
    synchronise(harness)
    assert in_fusion(harness, paciente, "paciente") is not None


def test_a_touched_attendance_does_not_queue_a_patient_that_fusion_has(harness: Harness) -> None:
    target = new(harness)
    while harness.load():
        time.sleep(0.2)  # What an earlier test did in a second that is not over yet.
    with hospital(harness) as h:
        h.change("atendimento_paciente", {"nr_atendimento": target.chave})
    watermarks = states(harness.runtime.fusion, [harness.runtime.target])[harness.runtime.target].watermarks
    assert not harness.runtime.watcher("gerar_pendencia_atualizacao_pacientes").has_work(watermarks)
    harness.load()
    assert pending_ones(harness, *target) == {(ATENDIMENTOS, str(target.chave), "alteracao")}


def test_a_sign_that_commits_late_beside_another_of_its_second_arrives(harness: Harness) -> None:
    target = new(harness)
    with hospital(harness, 30) as is_late:
        clinica.sinal(is_late, target, qt_temp=39.5)
        with hospital(harness) as h:
            h.now = is_late.now
            clinica.sinal(h, target, qt_temp=36.5)
        synchronise(harness)
    synchronise(harness)
    assert {s["valor"] for s in (in_fusion(harness, target.chave) or {})["sinaisVitais"]} == {36.5, 39.5}


def test_a_search_that_is_switched_off_is_nobodys_work(harness: Harness) -> None:
    target = new(harness)
    while harness.load():
        time.sleep(0.2)  # What an earlier test did in a second that is not over yet.
    runtime = harness.build()
    switched_off = runtime.integracao.gerar_pendencia_atualizacao_pacientes.model_copy(update={"habilitado": False})  # type: ignore[attr-defined]
    runtime.integracao = runtime.integracao.model_copy(update={"gerar_pendencia_atualizacao_pacientes": switched_off})
    with hospital(harness) as h:
        h.change("pessoa_fisica", {"cd_pessoa_fisica": target.paciente}, nm_social="Outro")
    assert not runtime.watcher().has_work(states(runtime.fusion, [runtime.target])[runtime.target].watermarks)
    assert runtime.search().run().enfileirados == 0


def test_a_nurses_own_record_reaches_fusion_under_no_name_of_a_patient(harness: Harness) -> None:
    with hospital(harness) as h:
        h.change("pessoa_fisica", {"cd_pessoa_fisica": "5"}, nm_social="Equipe")
    harness.load()
    assert pending_ones(harness, 5) == set()


def test_a_sign_of_another_patient_stays_until_the_hospital_settles_it(harness: Harness) -> None:
    target = new(harness)
    with hospital(harness) as h:
        sinal = clinica.sinal(h, target, qt_temp=36.5, cd_paciente="1001")
    synchronise(harness)
    assert "não é o paciente do atendimento" in (error(harness, target.chave) or "")
    assert (in_fusion(harness, target.chave) or {})["sinaisVitais"] == []
    with hospital(harness) as h:
        h.change("atendimento_sinal_vital", {"nr_sequencia": sinal}, ie_situacao="I", dt_inativacao=h.now)
    synchronise(harness)
    assert error(harness, target.chave) is None
