"""Tasy: notes (RTF among them), prescriptions, procedures, diagnoses, and what a denial of allergies is."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from include.fusion.errors import InvalidRecord
from sandbox.origens.tasy import textos as t
from tests.unit.sistemas.tasy.rows import ALERGIA, DIAGNOSTICO, EVOLUCAO, ITEM, PROCEDIMENTO, ZONE, accept, read


def _text(raw: str | None) -> str | None:
    notes = read(evolucoes=[EVOLUCAO | {"ds_evolucao": raw}]).evolucoes
    return notes[0].texto if notes else None


# Notes


def test_a_note_says_when_whose_and_of_what_kind() -> None:
    (note,) = read(evolucoes=[EVOLUCAO | {"profissional_codigo": "9"}]).evolucoes
    assert (note.codigo, note.tipo, note.data, note.texto) == ("3", "E", datetime(2026, 3, 1, 10, tzinfo=ZONE), "Estável.")
    assert note.profissional and note.profissional.codigo == "9"


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
    assert _text(rtf) == texto


def test_the_sandboxes_own_documents_come_back_as_they_were_written() -> None:
    rows = ("Função: “boa” — 36 °C", "SatO2 ≥ 94 %; ação às 8 h", r"barra \ e {chaves}", "emoji 🌻")
    assert _text(t.rtf(*rows)) == "\n".join(rows)
    assert _text(t.rtf("Texto", decoration=t.IMAGE + t.TABLE)) == "PA 120x80\nFC 80\nTexto"


@pytest.mark.parametrize(
    "rtf",
    [
        r"{\rtf1\ansi texto cortado no me", r"{\rtf1\ansi {\b texto} sem fim", r"{\rtf1\ansi texto} e mais {\b depois}", r"{\rtf1\ansi um}}",
        "{\\rtf1 {\\pict\\bin900 \x01\x02} nunca}", r"{\rtf1", r"{\rtf1\ansi texto com chave escapada \}",
    ],
)  # fmt: skip
def test_damaged_rtf_is_refused_with_its_note_and_none_of_its_text(rtf: str) -> None:
    with pytest.raises(InvalidRecord, match=r"RTF incompleto ou corrompido \(evolução 3\)") as error:
        _text(rtf)
    assert "texto cortado" not in str(error.value)


@pytest.mark.parametrize("raw", [None, "", "  \r\n", r"{\rtf1\ansi {\pict\wmetafile8 0100}\par }"])
def test_a_note_without_text_has_nothing_to_send(raw: str | None) -> None:
    assert _text(raw) is None


@pytest.mark.parametrize("raw", ["PA {120x80} estável", "usa \\ e { solto", "Ver {rtf1} no arquivo"])
def test_plain_text_with_braces_is_no_rtf(raw: str) -> None:
    assert _text(raw) == raw


def test_a_large_rtf_takes_no_time_to_speak_of() -> None:
    text = _text(r"{\rtf1\ansi " + r"\'e7\u231?{\b a}" * 60_000 + "}")
    assert text is not None and len(text) == 180_000


# Prescriptions and procedures


def test_a_medicine_with_all_it_says() -> None:
    item = {
        "cd_material": 501, "ds_material": "DIPIRONA 500 MG", "qt_dose": Decimal("1.500000"), "cd_unidade_medida_dose": "AMP", "ie_via_aplicacao": "EV",
        "cd_intervalo": "6/6", "dt_inicio_medic": datetime(2026, 3, 2, 8), "dt_validade_prescr": datetime(2026, 3, 3, 8),
    }  # fmt: skip
    (read_item,) = read(prescricoes=[ITEM | item]).prescricoes
    assert (read_item.codigo, read_item.medicamento, read_item.nome, read_item.dose, read_item.unidade_dose) == (
        "6-1",
        "501",
        "DIPIRONA 500 MG",
        "1,5",
        "AMP",
    )
    assert (read_item.via, read_item.frequencia, read_item.inicio, read_item.fim) == ("EV", "6/6", date(2026, 3, 2), date(2026, 3, 3))
    assert not read_item.suspenso


@pytest.mark.parametrize(
    "values", [{"ie_suspenso": "S"}, {"dt_suspensao": datetime(2026, 3, 2)}, {"prescricao_suspensa": datetime(2026, 3, 2)}]
)
def test_a_medicine_is_suspended_by_itself_or_with_its_prescription(values: dict[str, Any]) -> None:
    assert read(prescricoes=[ITEM | values]).prescricoes[0].suspenso


def test_a_requested_procedure() -> None:
    (read_item,) = read(procedimentos=[PROCEDIMENTO | {"cd_procedimento": 40304361, "ds_proc_exame": "Hemograma"}]).solicitacoes_exame
    assert (read_item.codigo, read_item.procedimento, read_item.nome) == ("6-1", "40304361", "Hemograma")
    assert read(procedimentos=[PROCEDIMENTO | {"cd_procedimento": 7}]).solicitacoes_exame[0].nome == "Procedimento 7"


# Diagnoses


def test_a_diagnosis_is_known_by_moment_and_code() -> None:
    one, other = read(diagnosticos=[DIAGNOSTICO, DIAGNOSTICO | {"cd_doenca": "I10", "ie_classificacao_doenca": "S"}]).diagnosticos
    assert (one.codigo, one.cid10, one.tipo) == ("20260301093000-E119", "E11.9", "PRINCIPAL")
    assert (other.cid10, other.tipo) == ("I10", "SECUNDARIO")


@pytest.mark.parametrize("values", [{"cd_doenca": "DOR"}, {"cd_doenca": None}, {"dt_diagnostico": None}])
def test_a_diagnosis_that_is_none_refuses_the_record(values: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecord, match="diagnosticos"):
        read(diagnosticos=[DIAGNOSTICO | values])


# Allergies


def test_a_denial_is_a_statement_and_no_allergy() -> None:
    read_item = read(alergias=[ALERGIA | {"ie_nega_alergias": "S", "ds_observacao": "Nega"}])
    sent = accept(read_item)
    assert sent["negaAlergias"] is True and sent["alergias"] == []


def test_a_denial_of_one_drug_denies_that_drug_alone() -> None:
    read_item = read(alergias=[ALERGIA | {"ie_nega_alergias": "S", "ds_medic_nao_cad": "Iodo"}])
    assert "negaAlergias" not in accept(read_item)
    assert [(a.substancia, a.nega) for a in read_item.alergias] == [("Iodo", True)]


def test_a_real_allergy_in_force_drops_the_denial() -> None:
    read_item = read(
        alergias=[ALERGIA | {"ie_nega_alergias": "S"}, ALERGIA | {"nr_sequencia": 9, "ie_nega_alergias": "N", "ds_reduzida": "Dipirona"}]
    )
    assert "negaAlergias" not in accept(read_item)
    assert [(a.codigo, a.substancia, a.nega) for a in read_item.alergias] == [("9", "Dipirona", False)]


def test_where_nothing_was_said_nothing_is_denied() -> None:
    assert "negaAlergias" not in accept(read())


@pytest.mark.parametrize(
    ("values", "substancia", "categoria"),
    [
        ({"ds_reduzida": "Dipirona", "ds_tipo_alergia": "Outra"}, "Dipirona", "MEDICAMENTO"), ({"ds_medic_nao_cad": "Iodo"}, "Iodo", "MEDICAMENTO"),
        ({"ds_tipo_alergia": "Alimentar"}, "Alimentar", "ALIMENTO"), ({"ds_tipo_alergia": "Látex"}, "Látex", "OUTRA"), ({}, "Substância não informada", "OUTRA"),
    ],
)  # fmt: skip
def test_an_allergy_is_named_by_its_drug_or_else_by_its_kind(values: dict[str, Any], substancia: str, categoria: str) -> None:
    (read_row,) = read(alergias=[ALERGIA | values | {"ds_reacao": "Urticária", "ds_observacao": "leve"}]).alergias
    assert (read_row.substancia, read_row.categoria, read_row.reacao) == (substancia, categoria, "Urticária\nleve")


def test_an_indicator_that_nobody_knows_refuses_rather_than_denies() -> None:
    with pytest.raises(InvalidRecord):
        read(alergias=[ALERGIA | {"ie_nega_alergias": "X"}])
