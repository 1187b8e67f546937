"""MV: beds, notes, prescriptions, diagnoses and allergies."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from include.fusion.errors import InvalidRecord
from tests.unit.sistemas.mv.rows import ALERGIA, CTX, DIAGNOSTICO, DOCUMENT, ITEM, MOVEMENT, NOTE, OLD_NAME, ZONE, accept, context, read

# Beds


def test_moves_are_in_order_of_time_not_of_what_hr_carries() -> None:
    read_item = read(
        movimentacoes=[
            MOVEMENT | {"cd_mov_int": 3, "tp_mov": "O", "dt_mov_int": datetime(2026, 3, 2), "hr_mov_int": datetime(1899, 12, 30, 9), "cd_leito": 2,
                         "cd_leito_anterior": 1, "tp_unid_int": "U", "ds_unid_int": "UTI adulto"},
            MOVEMENT | {"cd_mov_int": 2, "dt_lib_mov": datetime(2026, 3, 2), "hr_lib_mov": datetime(1900, 1, 1, 9), "cd_leito": 1,
                         "hr_mov_int": datetime(2031, 1, 1, 8), "tp_unid_int": "I"},
        ]
    )  # fmt: skip
    entry, transfer = read_item.movimentacoes_leito
    assert (entry.tipo, entry.leito, entry.uti, entry.fim) == ("INTERNACAO", "1", False, transfer.inicio)
    assert (transfer.tipo, transfer.leito, transfer.leito_anterior, transfer.uti) == ("TRANSFERENCIA", "2", "1", True)
    assert transfer.fim is None and transfer.setor == "UTI adulto"


@pytest.mark.parametrize(
    ("tipo", "semi", "account", "uti"),
    [("U", "N", False, True), ("U", "S", False, True), ("I", "S", False, False), ("I", "S", True, True), ("I", "N", True, False), (None, None, True, False)],
)  # fmt: skip
def test_semi_icu_counts_where_the_installation_says_so(tipo: str | None, semi: str | None, account: bool, uti: bool) -> None:
    read_item = read(context(semi_uti=account), movimentacoes=[MOVEMENT | {"tp_unid_int": tipo, "sn_semi_uti": semi}])
    assert read_item.movimentacoes_leito[0].uti is uti


# Notes, prescriptions, diagnoses, allergies


def test_several_texts_of_a_document_are_one_note() -> None:
    read_item = read(
        evolucoes=[
            DOCUMENT | {"nm_documento": "EVOLUÇÃO MÉDICA", "dh_fechamento": datetime(2026, 3, 1, 10), "ds_texto": "<p>Um &amp; dois</p>"},
            DOCUMENT | {"cd_editor_registro": 2, "ds_texto": "Três"},
        ]
    )
    (note,) = read_item.evolucoes
    assert (note.codigo, note.tipo, note.texto) == ("DOC-3", "EVOLUÇÃO MÉDICA", "Um & dois\n\nTrês")
    assert note.data == datetime(2026, 3, 1, 10, tzinfo=ZONE)


@pytest.mark.parametrize(("abbreviation", "tipo"), [("E", "ENFERMAGEM"), ("M", "MEDICA"), ("X", "MEDICA")])
def test_a_note_in_a_prescription_says_whose_it_is(abbreviation: str, tipo: str) -> None:
    (note,) = read(evolucoes_prescricao=[NOTE | {"tp_pre_med": abbreviation}]).evolucoes
    assert (note.codigo, note.tipo, note.data) == ("PRE-4", tipo, datetime(2026, 3, 2, 7, tzinfo=ZONE))


@pytest.mark.parametrize("rows", [{"evolucoes": [DOCUMENT]}, {"evolucoes_prescricao": [NOTE]}], ids=str)
def test_half_a_note_is_refused(rows: dict[str, list[dict[str, Any]]]) -> None:
    cortado = {"ds_texto": "{\\rtf1 Sem", "ds_evolucao": "{\\rtf1 Sem"}
    with pytest.raises(InvalidRecord, match="RTF incompleto"):
        read(CTX, {}, **{kind: [x | cortado for x in all_of_them] for kind, all_of_them in rows.items()})


@pytest.mark.parametrize("texto", [None, "", " ", "<p>&nbsp;</p>"])
def test_an_empty_note_is_none(texto: str | None) -> None:
    assert read(evolucoes=[DOCUMENT | {"ds_texto": texto}], evolucoes_prescricao=[NOTE | {"ds_evolucao": texto}]).evolucoes == ()


def test_a_medicine_with_all_it_says() -> None:
    item = {
        "cd_produto": 501, "ds_produto": "DIPIRONA", "qt_itpre_med": Decimal("1.1250"), "ds_unidade": "ampola", "cd_for_apl": "EV",
        "ds_tip_fre": "6/6 h", "ds_itpre_med": "se dor", "sn_continuo": "S", "dh_inicial": datetime(2026, 3, 2, 8),
    }  # fmt: skip
    (read_item,) = read(prescricoes=[ITEM | item]).prescricoes
    assert (read_item.medicamento, read_item.nome, read_item.dose, read_item.quantidade, read_item.via) == (
        "501",
        "DIPIRONA",
        "1,125",
        1.125,
        "EV",
    )
    assert (read_item.posologia, read_item.uso_continuo, read_item.inicio, read_item.suspenso) == ("se dor", True, date(2026, 3, 2), False)
    assert read_item.prescrito_em == datetime(2026, 3, 2, 7, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("quantidade", "dose"), [(Decimal("100.0000"), "100"), (Decimal("0.5000"), "0,5"), (0, "0"), (12.5, "12,5"), (0.03125, "0,03125")]
)
def test_a_dose_is_written_without_idle_zeros(quantidade: Any, dose: str) -> None:
    assert read(prescricoes=[ITEM | {"qt_itpre_med": quantidade}]).prescricoes[0].dose == dose


@pytest.mark.parametrize("columns", [{"sn_cancelado": "S"}, {"sn_cancelado": "N", "dh_cancelado": datetime(2026, 3, 2, 9)}])
def test_a_cancelled_item_is_suspended(columns: dict[str, Any]) -> None:
    assert read(prescricoes=[ITEM | columns]).prescricoes[0].suspenso is True


def test_an_exam_is_a_request_and_no_medicine() -> None:
    read_item = read(
        prescricoes=[
            ITEM | {"sn_exa_lab": "S", "ds_tip_presc": "Hemograma completo"},
            ITEM | {"cd_itpre_med": 7, "sn_exa_rx": "S", "ds_tip_presc": "Radiografia de tórax"},
            ITEM | {"cd_itpre_med": 8, "sn_exa_rx": "S", "sn_cancelado": "S"},
        ]
    )
    assert [(s.nome, s.tipo) for s in read_item.solicitacoes_exame] == [
        ("Hemograma completo", "LABORATORIAL"),
        ("Radiografia de tórax", "IMAGEM"),
    ]
    assert read_item.prescricoes == ()


def test_the_main_diagnosis_comes_first_and_the_others_keep_what_they_are() -> None:
    read_item = read(
        atendimento={"cd_cid": "J189", "ds_cid": "Pneumonia"},
        diagnosticos=[
            DIAGNOSTICO | {"cd_cid": "I10", "tp_situacao": "HIPOTESE", "qt_tempo_doenca": Decimal(3), "tp_unidade_tempo_doenca": "D"},
            DIAGNOSTICO | {"cd_diagnostico_atendime": 10, "cd_cid": "E119", "tp_situacao": "CONFIRMADO"},
            DIAGNOSTICO | {"cd_diagnostico_atendime": 11, "cd_cid": "E11"},
        ],
    )
    kinds = [(d.cid10, d.tipo) for d in read_item.diagnosticos]
    assert kinds == [("J18.9", "PRINCIPAL"), ("I10", "PRELIMINAR"), ("E11.9", "DEFINITIVO"), ("E11", "SECUNDARIO")]
    assert read_item.diagnosticos[1].observacao == "Tempo de doença: 3 dia(s)"


def test_denies_allergy_is_a_statement_and_no_item() -> None:
    sent = accept(read(alergias=[ALERGIA | {"tp_alergia": "D", "sn_ativo": "S", "ds_observacao": "Nega"}]))
    assert sent["negaAlergias"] is True and sent["alergias"] == []


def test_a_denial_that_names_a_substance_denies_that_alone() -> None:
    read_item = read(alergias=[ALERGIA | {"tp_alergia": "D", "ds_substancia": "Iodo"}])
    assert read_item.nega_alergias is None and [(a.substancia, a.nega) for a in read_item.alergias] == [("Iodo", True)]


def test_a_denial_that_was_taken_back_says_nothing() -> None:
    read_item = read(alergias=[ALERGIA | {"tp_alergia": "D", "sn_ativo": "N"}])
    assert (read_item.nega_alergias, read_item.alergias) == (None, ())


@pytest.mark.parametrize(
    ("columns", "substancia", "categoria"),
    [
        ({"tp_alergia": "S", "ds_substancia": "Dipirona"}, "Dipirona", "MEDICAMENTO"),
        ({"tp_alergia": "A", "ds_alimento": "Camarão"}, "Camarão", "ALIMENTO"),
        ({"tp_alergia": "O", "ds_outros": "Poeira"}, "Poeira", "OUTRA"),
        ({}, "Substância não informada", "OUTRA"),
    ],
)
def test_kinds_of_allergy(columns: dict[str, Any], substancia: str, categoria: str) -> None:
    (read_row,) = read(alergias=[ALERGIA | columns]).alergias
    assert (read_row.substancia, read_row.categoria, read_row.nega, read_row.ativa) == (substancia, categoria, False, True)


@pytest.mark.parametrize(
    ("abbreviation", "gravidade"), [("G", "GRAVE"), ("M", "MODERADA"), ("L", "LEVE"), ("D", "DESCONHECIDA"), (None, "DESCONHECIDA")]
)
def test_severity_letters(abbreviation: str | None, gravidade: str) -> None:
    assert read(alergias=[ALERGIA | {"tp_severidade": abbreviation}]).alergias[0].gravidade == gravidade


@pytest.mark.parametrize("columns", [{"sn_ativo": "N"}, {"sn_ativo": "S", "cd_usuario_inativacao": "MEDICO"}])
def test_an_allergy_may_be_over(columns: dict[str, Any]) -> None:
    assert read(alergias=[ALERGIA | columns]).alergias[0].ativa is False


def test_both_records_of_allergies_become_one_list() -> None:
    read_item = read(
        alergias=[ALERGIA | {"tp_alergia": "S", "ds_substancia": "Dipirona", "tp_severidade": "G"}],
        alergias_antigas=[
            OLD_NAME | {"cd_substancia": 1, "ds_substancia": "DIPIRONA", "tp_severidade": "L"},
            OLD_NAME | {"ds_substancia": "Penicilina", "ds_alergia": "urticária", "ds_aviso": "usar outra classe"},
        ],
    )
    assert [(a.codigo, a.substancia, a.gravidade) for a in read_item.alergias] == [
        ("P-8", "Dipirona", "GRAVE"),
        ("S-2", "Penicilina", "DESCONHECIDA"),
    ]
    assert read_item.alergias[1].reacao == "urticária\nusar outra classe"


@pytest.mark.parametrize(("ativo", "nega", "substancias"), [("S", None, ["Penicilina"]), ("N", True, [])])
def test_an_older_allergy_in_force_wins_over_a_denial(ativo: str, nega: bool | None, substancias: list[str]) -> None:
    read_item = read(
        alergias=[ALERGIA | {"tp_alergia": "D"}], alergias_antigas=[OLD_NAME | {"ds_substancia": "Penicilina", "sn_ativo": ativo}]
    )
    assert (read_item.nega_alergias, [a.substancia for a in read_item.alergias]) == (nega, substancias)


def test_an_old_allergy_without_a_substance_is_not_that_of_the_newer_record() -> None:
    read_item = read(
        alergias=[ALERGIA | {"tp_alergia": "O", "ds_observacao": "poeira"}],
        alergias_antigas=[OLD_NAME | {"cd_substancia": None, "ds_alergia": "dipirona: choque"}],
    )
    assert [a.reacao for a in read_item.alergias] == ["poeira", "dipirona: choque"]


@pytest.mark.parametrize("step", [1, -1])
def test_of_two_old_rows_of_a_substance_the_one_in_force_counts(step: int) -> None:
    rows = [OLD_NAME | {"ds_substancia": "Dipirona", "sn_ativo": active, "tp_severidade": "G"} for active in "NS"][::step]
    assert [a.ativa for a in read(alergias_antigas=rows).alergias] == [True]


def test_old_allergies_without_a_substance_stay_apart_and_keep_their_keys() -> None:
    rows = [OLD_NAME | {"cd_substancia": None, "ds_alergia": t} for t in ("esparadrapo", "látex")]
    one, other = ({a.reacao: a.codigo for a in read(alergias_antigas=rows[::step]).alergias} for step in (1, -1))
    assert one == other and len(set(one.values())) == 2
