"""Tasy: notes (RTF among them), prescriptions, procedures, diagnoses, and what a denial of allergies is."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from include.fusion.errors import RegistroInvalido
from sandbox.origens.tasy import textos as t
from tests.unit.tasy_apoio import ALERGIA, DIAGNOSTICO, EVOLUCAO, FUSO, ITEM, PROCEDIMENTO, aceito, ler


def _texto(bruto: str | None) -> str | None:
    notas = ler(evolucoes=[EVOLUCAO | {"ds_evolucao": bruto}]).evolucoes
    return notas[0].texto if notas else None


# Notes


def test_a_note_says_when_whose_and_of_what_kind() -> None:
    (nota,) = ler(evolucoes=[EVOLUCAO | {"profissional_codigo": "9"}]).evolucoes
    assert (nota.codigo, nota.tipo, nota.data, nota.texto) == ("3", "E", datetime(2026, 3, 1, 10, tzinfo=FUSO), "Estável.")
    assert nota.profissional and nota.profissional.codigo == "9"


@pytest.mark.parametrize(
    ("rtf", "texto"),
    [
        (r"{\rtf1\ansi\ansicpg1252 Medica\'e7\'e3o \'e0s 8h}", "Medicação às 8h"),
        (r"{\rtf1\ansi\uc1 Fun\u231?\u227?o}", "Função"),
        (r"{\rtf1\ansi\uc0 Fun\u231 \u227 o}", "Função"),
        (r"{\rtf1\ansi\uc2 a\u8805\'3e\'3d b}", "a≥ b"),
        (r"{\rtf1\ansi\u-10179?\u-8694? ok}", "😊 ok"),
        (r"{\rtf1 um\par dois\line tr\'eas\tab fim}", "um\ndois\ntrês fim"),
        (r"{\rtf1 chaves \{ \} e barra \\}", "chaves { } e barra \\"),
        (r"{\rtf1{\fonttbl{\f0 Arial;}}{\colortbl;\red0;}{\stylesheet{\s0 Normal;}}{\info{\author X}}{\*\generator G;}texto}", "texto"),
        (r"{\rtf1 {\b n{\i i{\ul v}e}l} fundo}", "nivel fundo"),
        (r"{\rtf1 antes {\pict\pngblip\picw1 89504e470d0a} depois}", "antes depois"),
        ("{\\rtf1 antes {\\pict\\bin6 \x01}{}\\\x02 fim} depois}", "antes depois"),
        (r"{\rtf1 {\field{\*\fldinst HYPERLINK x}{\fldrslt laudo}} ok}", "laudo ok"),
        (r"{\rtf1\trowd\cellx1 PA\cell 120x80\cell\row\trowd FC\cell 80\cell\row fim}", "PA 120x80\nFC 80\nfim"),
        (r"{\rtf1 a{\v b{\fonttbl\v0 c}d\v0 e} {\deleted n\'e3o }f\v g\plain  h}", "ae f h"),
        (r"{\rtf1 1\emspace 2\enspace 3\nestcell 4\nestrow 5}", "1 2 3 4\n5"),
        ("{\\rtf1 PA < 120 & FC > 80}\r\n\x00", "PA < 120 & FC > 80"),
    ],
)
def test_rtf_becomes_clean_text(rtf: str, texto: str) -> None:
    assert _texto(rtf) == texto


def test_the_sandboxes_own_documents_come_back_as_they_were_written() -> None:
    linhas = ("Função: “boa” — 36 °C", "SatO2 ≥ 94 %; ação às 8 h", r"barra \ e {chaves}", "emoji 🌻")
    assert _texto(t.rtf(*linhas)) == "\n".join(linhas)
    assert _texto(t.rtf("Texto", enfeite=t.IMAGEM + t.TABELA)) == "PA 120x80\nFC 80\nTexto"


@pytest.mark.parametrize(
    "rtf",
    [
        r"{\rtf1\ansi texto cortado no me", r"{\rtf1\ansi {\b texto} sem fim", r"{\rtf1\ansi texto} e mais {\b depois}", r"{\rtf1\ansi um}}",
        "{\\rtf1 {\\pict\\bin900 \x01\x02} nunca}", r"{\rtf1", r"{\rtf1\ansi texto com chave escapada \}",
    ],
)  # fmt: skip
def test_damaged_rtf_is_refused_with_its_note_and_none_of_its_text(rtf: str) -> None:
    with pytest.raises(RegistroInvalido, match=r"RTF incompleto ou corrompido \(evolução 3\)") as erro:
        _texto(rtf)
    assert "texto cortado" not in str(erro.value)


@pytest.mark.parametrize("bruto", [None, "", "  \r\n", r"{\rtf1\ansi {\pict\wmetafile8 0100}\par }"])
def test_a_note_without_text_has_nothing_to_send(bruto: str | None) -> None:
    assert _texto(bruto) is None


@pytest.mark.parametrize("bruto", ["PA {120x80} estável", "usa \\ e { solto", "Ver {rtf1} no arquivo"])
def test_plain_text_with_braces_is_no_rtf(bruto: str) -> None:
    assert _texto(bruto) == bruto


def test_a_large_rtf_takes_no_time_to_speak_of() -> None:
    texto = _texto(r"{\rtf1\ansi " + r"\'e7\u231?{\b a}" * 60_000 + "}")
    assert texto is not None and len(texto) == 180_000


# Prescriptions and procedures


def test_a_medicine_with_all_it_says() -> None:
    item = {
        "cd_material": 501, "ds_material": "DIPIRONA 500 MG", "qt_dose": Decimal("1.500000"), "cd_unidade_medida_dose": "AMP", "ie_via_aplicacao": "EV",
        "cd_intervalo": "6/6", "dt_inicio_medic": datetime(2026, 3, 2, 8), "dt_validade_prescr": datetime(2026, 3, 3, 8),
    }  # fmt: skip
    (lido,) = ler(prescricoes=[ITEM | item]).prescricoes
    assert (lido.codigo, lido.medicamento, lido.nome, lido.dose, lido.unidade_dose) == ("6-1", "501", "DIPIRONA 500 MG", "1,5", "AMP")
    assert (lido.via, lido.frequencia, lido.inicio, lido.fim) == ("EV", "6/6", date(2026, 3, 2), date(2026, 3, 3))
    assert not lido.suspenso


@pytest.mark.parametrize(
    "valores", [{"ie_suspenso": "S"}, {"dt_suspensao": datetime(2026, 3, 2)}, {"prescricao_suspensa": datetime(2026, 3, 2)}]
)
def test_a_medicine_is_suspended_by_itself_or_with_its_prescription(valores: dict[str, Any]) -> None:
    assert ler(prescricoes=[ITEM | valores]).prescricoes[0].suspenso


def test_a_requested_procedure() -> None:
    (lido,) = ler(procedimentos=[PROCEDIMENTO | {"cd_procedimento": 40304361, "ds_proc_exame": "Hemograma"}]).solicitacoes_exame
    assert (lido.codigo, lido.procedimento, lido.nome) == ("6-1", "40304361", "Hemograma")
    assert ler(procedimentos=[PROCEDIMENTO | {"cd_procedimento": 7}]).solicitacoes_exame[0].nome == "Procedimento 7"


# Diagnoses


def test_a_diagnosis_is_known_by_moment_and_code() -> None:
    um, outro = ler(diagnosticos=[DIAGNOSTICO, DIAGNOSTICO | {"cd_doenca": "I10", "ie_classificacao_doenca": "S"}]).diagnosticos
    assert (um.codigo, um.cid10, um.tipo) == ("20260301093000-E119", "E11.9", "PRINCIPAL")
    assert (outro.cid10, outro.tipo) == ("I10", "SECUNDARIO")


@pytest.mark.parametrize("valores", [{"cd_doenca": "DOR"}, {"cd_doenca": None}, {"dt_diagnostico": None}])
def test_a_diagnosis_that_is_none_refuses_the_record(valores: dict[str, Any]) -> None:
    with pytest.raises(RegistroInvalido, match="diagnosticos"):
        ler(diagnosticos=[DIAGNOSTICO | valores])


# Allergies


def test_a_denial_is_a_statement_and_no_allergy() -> None:
    lido = ler(alergias=[ALERGIA | {"ie_nega_alergias": "S", "ds_observacao": "Nega"}])
    enviado = aceito(lido)
    assert enviado["negaAlergias"] is True and enviado["alergias"] == []


def test_a_denial_of_one_drug_denies_that_drug_alone() -> None:
    lido = ler(alergias=[ALERGIA | {"ie_nega_alergias": "S", "ds_medic_nao_cad": "Iodo"}])
    assert "negaAlergias" not in aceito(lido)
    assert [(a.substancia, a.nega) for a in lido.alergias] == [("Iodo", True)]


def test_a_real_allergy_in_force_drops_the_denial() -> None:
    lido = ler(
        alergias=[ALERGIA | {"ie_nega_alergias": "S"}, ALERGIA | {"nr_sequencia": 9, "ie_nega_alergias": "N", "ds_reduzida": "Dipirona"}]
    )
    assert "negaAlergias" not in aceito(lido)
    assert [(a.codigo, a.substancia, a.nega) for a in lido.alergias] == [("9", "Dipirona", False)]


def test_where_nothing_was_said_nothing_is_denied() -> None:
    assert "negaAlergias" not in aceito(ler())


@pytest.mark.parametrize(
    ("valores", "substancia", "categoria"),
    [
        ({"ds_reduzida": "Dipirona", "ds_tipo_alergia": "Outra"}, "Dipirona", "MEDICAMENTO"), ({"ds_medic_nao_cad": "Iodo"}, "Iodo", "MEDICAMENTO"),
        ({"ds_tipo_alergia": "Alimentar"}, "Alimentar", "ALIMENTO"), ({"ds_tipo_alergia": "Látex"}, "Látex", "OUTRA"), ({}, "Substância não informada", "OUTRA"),
    ],
)  # fmt: skip
def test_an_allergy_is_named_by_its_drug_or_else_by_its_kind(valores: dict[str, Any], substancia: str, categoria: str) -> None:
    (lida,) = ler(alergias=[ALERGIA | valores | {"ds_reacao": "Urticária", "ds_observacao": "leve"}]).alergias
    assert (lida.substancia, lida.categoria, lida.reacao) == (substancia, categoria, "Urticária\nleve")


def test_an_indicator_that_nobody_knows_refuses_rather_than_denies() -> None:
    with pytest.raises(RegistroInvalido):
        ler(alergias=[ALERGIA | {"ie_nega_alergias": "X"}])
