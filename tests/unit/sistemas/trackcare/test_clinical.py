"""TrackCare: what hangs below a visit, and how a change of it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from include.fusion.errors import InvalidRecord
from include.fusion.model.depara import Catalog, DePara, read_catalogs, shipped
from include.fusion.sistemas.trackcare.context import TrackCareContext
from include.fusion.sistemas.trackcare.system import state
from tests.unit.sistemas.trackcare.rows import (
    ADMISSION,
    ALERGIA,
    CIRURGIA,
    DAY,
    DIAGNOSTICO,
    HOUR,
    MEDICATION,
    NOTE,
    NOW,
    SINAL,
    Conversation,
    context,
    events,
    read_plan,
)

ALTA = ADMISSION | {"paadm_visitstatus": "D", "paadm_dischgdate": date(2024, 3, 5), "paadm_dischgtime": time(14)}


def with_catalog(**catalogs: Catalog) -> TrackCareContext:
    """The site's own codes in the place of ours."""
    return replace(context(), depara=DePara({**read_catalogs(shipped("trackcare")), **catalogs}))


def sinais(*rows: dict[str, Any], c: Conversation | None = None) -> list[Any]:
    items = [SINAL | {"obs_rowid": f"9||{n}"} | x for n, x in enumerate(rows, 1)]
    return [m for m in (c or Conversation()).say(admissoes=ADMISSION, sinais_vitais=items) if m.of("OBX")]


def test_signs_of_one_moment_are_one_panel() -> None:
    panel, other = sinais({}, {"itm_code": "PAS", "obs_value": "120", "ctuom_code": "mmHg"}, {"obs_time": time(11)})
    assert [(panel.part(s.field(3)), s.field(5), s.field(11)) for s in panel.of("OBX")] == [
        ("8310-5", "36.5", "F"),
        ("8480-6", "120", "F"),
    ]
    assert len(other.of("OBX")) == 1


def test_a_value_entered_in_error_never_leaves_and_one_that_left_is_taken_back() -> None:
    wrong = {"obs_errorreason_dr": 3, "obs_value": "999"}
    assert sinais(wrong) == []
    c = Conversation()
    sinais({}, {"itm_code": "PAS", "obs_value": "120", "ctuom_code": "mmHg"}, c=c)
    (correcao,) = sinais({}, {"itm_code": "PAS", "ctuom_code": "mmHg", **wrong}, c=c)
    assert [(s.field(5), s.field(11)) for s in correcao.of("OBX")] == [("36.5", "C"), ("", "D")] and correcao.raw("OBR", 25) == "C"
    (everything,) = sinais(wrong, {"itm_code": "PAS", "ctuom_code": "mmHg", **wrong}, c=c)
    assert [s.field(11) for s in everything.of("OBX")] == ["D", "D"]


def test_a_value_taken_back_takes_no_other_of_the_same_sign() -> None:
    (panel,) = sinais({}, {"obs_value": "38,0"})
    assert [(s.field(4), s.field(5)) for s in panel.of("OBX")] == [("1", "36.5"), ("2", "38")]


def test_a_value_that_was_emptied_is_taken_back() -> None:
    c, pulse = Conversation(), {"itm_code": "FC", "obs_value": "80", "ctuom_code": "bpm"}
    sinais({}, pulse, c=c)
    (m,) = sinais({"obs_value": " "}, pulse, c=c)
    assert [(s.field(4), s.field(5), s.field(11)) for s in m.of("OBX")] == [("1", "", "D"), ("2", "80", "C")]


@pytest.mark.parametrize(
    "change", [{"itm_code": "XYZ", "itm_desc": "Diurese"}, {"obs_value": None}, {"obs_value": " "}, {"obs_date": None}]
)
def test_what_is_no_sign_or_has_no_value_is_left_out(change: dict[str, Any]) -> None:
    assert sinais(change) == []


@pytest.mark.parametrize("change", [{"obs_value": "febril"}, {"obs_value": "365"}, {"ctuom_code": "kg"}])
def test_a_value_that_cannot_be_trusted_stays_behind_alone(change: dict[str, Any]) -> None:
    plan = read_plan(
        admissoes=ADMISSION,
        sinais_vitais=[SINAL | change, SINAL | {"obs_rowid": "9||2", "itm_code": "FC", "obs_value": "80", "ctuom_code": "bpm"}],
    )
    assert len(plan.refusals) == 1 and "9||1" in plan.refusals[0] and "febril" not in plan.refusals[0]
    assert any(i.entidade.startswith("painel") for i in plan.items)


def test_the_type_of_a_note_is_the_sites_and_unknown_types_stay() -> None:
    messages = Conversation().say(
        admissoes=ADMISSION, notas=[NOTE | {"not_clinnotestype_dr": t, "not_rowid": f"9||{t}"} for t in (11, 12, 99)]
    )
    assert [m.valor("TXA", 2) for m in messages if m.of("TXA")] == ["HP", "PN"]


def test_a_draft_waits_and_a_note_says_whether_it_is_signed() -> None:
    ctx = with_catalog(situacao_nota=Catalog(politica="padrao", padrao="AU", codigos={"3": "NAO_ENVIAR", "4": "DO"}))
    notes = [NOTE | {"not_rowid": f"9||{s}", "not_status_dr": s} for s in (3, 4, 5)]
    messages = Conversation(ctx).say(admissoes=ADMISSION, notas=notes)
    assert [(m.valor("TXA", 12), m.valor("TXA", 17)) for m in messages if m.of("TXA")] == [("9||4", "DO"), ("9||5", "AU")]


def test_a_note_is_plain_text_and_loses_nothing() -> None:
    (m,) = (
        x
        for x in Conversation().say(admissoes=ADMISSION, notas=NOTE | {"not_notes": "<p>PA 120|80 &amp; FC ~ 90</p><p>fim</p>"})
        if x.of("TXA")
    )
    assert m.texto(m.raw("OBX", 5)) == "PA 120|80 & FC ~ 90\nfim"


def test_a_note_entered_in_error_is_withdrawn_only_if_it_was_sent() -> None:
    errada = NOTE | {"not_errorreason_dr": 3}
    assert events(Conversation().say(admissoes=ADMISSION, notas=errada)) == ["A31", "A01"]
    c = Conversation()
    c.say(admissoes=ADMISSION, notas=NOTE)
    (m,) = c.say(admissoes=ADMISSION, notas=errada)
    assert (m.valor("TXA", 12), m.valor("TXA", 19), m.raw("OBX", 5)) == ("9||1", "CA", "")


@pytest.mark.parametrize(
    "change",
    [{"not_errorreason_dr": 3, "not_notes": None}, {"not_notes": " "}, {"not_status_dr": 3}, {"not_status_dr": 3, "not_date": "ontem"}],
)
def test_a_note_that_is_emptied_or_a_draft_again_is_withdrawn(change: dict[str, Any]) -> None:
    c = Conversation(with_catalog(situacao_nota=Catalog(politica="padrao", padrao="AU", codigos={"3": "NAO_ENVIAR"})))
    c.say(admissoes=ADMISSION, notas=NOTE)
    (m,) = c.say(admissoes=ADMISSION, notas=NOTE | change)
    assert (m.valor("TXA", 2), m.valor("TXA", 12), m.valor("TXA", 19)) == ("PN", "9||1", "CA") and m.raw("OBX", 5) == ""


def test_a_treatment_lasts_through_its_last_day() -> None:
    (_, _, m) = Conversation().say(admissoes=ADMISSION, medicamentos=MEDICATION | {"oeori_enddate": date(2024, 3, 10)})
    assert (m.valor("RXE", 1, 4), m.valor("RXE", 1, 5)) == ("20240301103000-0300", "20240310")


@pytest.mark.parametrize(("situacao", "controle"), [("V", "XO"), ("D", "DC"), ("C", "CA"), ("E", "XO")])
def test_a_medicines_change_says_what_it_is(situacao: str, controle: str) -> None:
    c = Conversation()
    (_, _, new) = c.say(admissoes=ADMISSION, medicamentos=MEDICATION)
    assert (new.raw("ORC", 1), new.raw("RXE", 3), new.valor("RXR", 1)) == ("NW", "0.5", "IV")
    (m,) = c.say(admissoes=ADMISSION, medicamentos=MEDICATION | {"ostat_code": situacao, "oeori_doseqty": 2})
    assert m.raw("ORC", 1) == controle and m.valor("ORC", 2) == "5||1"


def test_a_medicine_cancelled_before_it_was_sent_and_an_exam_are_not_told() -> None:
    items = [MEDICATION | {"ostat_code": "C"}, MEDICATION | {"oeori_rowid": "5||2", "arcic_code": "LAB"}]
    assert events(Conversation().say(admissoes=ADMISSION, medicamentos=items)) == ["A31", "A01"]


def test_an_order_that_nobody_heard_of_is_new_even_when_discontinued() -> None:
    (_, _, m) = Conversation().say(admissoes=ADMISSION, medicamentos=MEDICATION | {"ostat_code": "D"})
    assert (m.raw("ORC", 1), m.raw("ORC", 5)) == ("NW", "DC")


def test_a_medicine_without_a_name_stays_behind() -> None:
    plan = read_plan(admissoes=ADMISSION, medicamentos=MEDICATION | {"arcim_code": None, "arcim_desc": " "})
    assert plan.refusals == ("prescricoes.medicamento: não preenchido na origem (oeori_rowid 5||1)",)


def test_a_dose_is_never_invented() -> None:
    plan = read_plan(admissoes=ADMISSION, medicamentos=MEDICATION | {"oeori_doseqty": None})
    assert plan.refusals == ("prescricoes.dose: dose ou unidade não preenchida na origem (oeori_rowid 5||1)",)


def test_a_cancelled_order_needs_no_dose_to_leave() -> None:
    c = Conversation()
    c.say(admissoes=ADMISSION, medicamentos=MEDICATION)
    (m,) = c.say(
        admissoes=ADMISSION, medicamentos=MEDICATION | {"ostat_code": "C", "oeori_doseqty": None, "ctuom_code": None, "ctuom_desc": None}
    )
    assert (m.raw("ORC", 1), m.valor("ORC", 2), m.raw("RXE", 3), m.raw("RXE", 5)) == ("CA", "5||1", "0", '""')


@pytest.mark.parametrize(
    ("change", "event", "situacao"),
    [({"rbop_timeoper": time(15)}, "S13", "Booked"), ({"rbop_status": "I"}, "S14", "Started"), ({"rbop_status": "X"}, "S15", "Cancelled"),
     ({"rbop_status": "N"}, "S26", "Cancelled"), ({"rbop_status": "C"}, "S14", "Complete"), ({"rbop_resource_dr": 2}, "S13", "Booked")],
)  # fmt: skip
def test_a_surgerys_change_says_what_it_is(change: dict[str, Any], event: str, situacao: str) -> None:
    c = Conversation()
    assert events(c.say(admissoes=ADMISSION, cirurgias=CIRURGIA)) == ["A31", "A01", "S12"]
    (m,) = c.say(admissoes=ADMISSION, cirurgias=CIRURGIA | change)
    assert events([m]) == [event] and m.valor("SCH", 25) == situacao


def test_a_no_show_has_a_status_of_its_own_from_2_5_1_on() -> None:
    c = Conversation(context(hl7={"versao": "2.5.1"}))
    c.say(admissoes=ADMISSION, cirurgias=CIRURGIA)
    (m,) = c.say(admissoes=ADMISSION, cirurgias=CIRURGIA | {"rbop_status": "N"})
    assert m.valor("SCH", 25) == "Noshow"


def test_a_surgery_cancelled_before_it_was_sent_is_not_told() -> None:
    assert events(Conversation().say(admissoes=ADMISSION, cirurgias=CIRURGIA | {"rbop_status": "X"})) == ["A31", "A01"]


def test_clinical_messages_come_in_the_order_in_which_things_happened() -> None:
    messages = Conversation().say(
        admissoes=ALTA, sinais_vitais=SINAL | {"obs_time": time(13)}, notas=NOTE | {"not_time": time(12)}, medicamentos=MEDICATION | {"oeori_timeord": time(11)},
        cirurgias=CIRURGIA | {"rbop_dateoper": date(2024, 3, 4)}, alergias=ALERGIA,
    )  # fmt: skip
    assert events(messages) == ["A31", "A60", "A01", "O11", "T02", "R01", "S12", "A03"]


def test_allergies_are_added_updated_and_deleted() -> None:
    c = Conversation()
    (_, new) = c.say(alergias=ALERGIA)
    assert (new.raw("IAM", 2), new.raw("IAM", 4), new.raw("IAM", 6), new.valor("IAM", 7)) == ("DA", "SV", "A", "77||1")
    (inactive,) = c.say(alergias=ALERGIA | {"alg_inactivedate": DAY})
    assert (inactive.raw("IAM", 6), inactive.raw("IAM", 17)) == ("U", "I")
    (apagada,) = c.say(alergias=ALERGIA | {"alg_entrystatus": "E"})
    assert (apagada.raw("IAM", 6), apagada.raw("IAM", 17)) == ("D", "E")
    assert events(Conversation().say(alergias=ALERGIA | {"alg_entrystatus": "E"})) == ["A31"]


def test_an_allergy_entered_in_error_is_deleted_even_without_its_substance() -> None:
    c, is_empty = Conversation(), ALERGIA | {"alg_entrystatus": "E", "tipo_codigo": None, "tipo_descricao": None}
    assert read_plan(alergias=is_empty).refusals == () and events(c.say(alergias=is_empty)) == ["A31"]
    c.say(alergias=ALERGIA)
    (m,) = c.say(alergias=is_empty)
    assert (m.raw("IAM", 6), m.valor("IAM", 7)) == ("D", "77||1")


def test_an_allergy_is_new_to_fusion_whatever_it_knows_of_the_patient() -> None:
    c, other = Conversation(), ALERGIA | {"alg_rowid": "77||2", "tipo_codigo": "PEN"}
    c.say(alergias=ALERGIA)
    (new,) = c.say(alergias=[ALERGIA, other])
    assert [(s.field(6), new.part(s.field(7))) for s in new.of("IAM")] == [("A", "77||2")]
    _, *two = Conversation().say(alergias=[ALERGIA, other])
    assert len({m.valor("MSH", 10) for m in two}) == 2


def test_a_diagnosis_entered_in_error_is_not_in_the_set() -> None:
    (_, m) = Conversation().say(
        admissoes=ADMISSION, diagnosticos=[DIAGNOSTICO, DIAGNOSTICO | {"mrdia_rowid": "9||2", "mrdia_entrystatus": "E"}]
    )
    assert [s.field(3) for s in m.of("DG1")] == ["E11.9^Diabetes^I10"]


def test_a_diagnosis_that_was_ruled_out_is_none() -> None:
    c = Conversation(with_catalog(situacao_diagnostico=Catalog(politica="padrao", padrao="CONFIRMADO", codigos={"4": "NAO_ENVIAR"})))
    (_, m) = c.say(admissoes=ADMISSION, diagnosticos=DIAGNOSTICO)
    (after,) = c.say(admissoes=ADMISSION, diagnosticos=DIAGNOSTICO | {"mrdia_diagstat_dr": 4})
    assert len(m.of("DG1")) == 1 and events([after]) == ["A08"] and not after.of("DG1")


@pytest.mark.parametrize(("versao", "actions"), [("2.4", []), ("2.5.1", ["D"]), ("2.7", ["D"])])
def test_a_diagnosis_that_was_sent_is_taken_back_as_the_version_says(versao: str, actions: list[str]) -> None:
    c = Conversation(context(hl7={"versao": versao}))
    c.say(admissoes=ADMISSION, diagnosticos=DIAGNOSTICO)
    (m,) = c.say(admissoes=ADMISSION, diagnosticos=DIAGNOSTICO | {"mrdia_entrystatus": "E"})
    assert events([m]) == ["A08"] and [s.field(21) for s in m.of("DG1")] == actions


def test_a_horolog_row_says_the_same_as_an_iso_row() -> None:
    iso = read_plan(admissoes=ADMISSION, sinais_vitais=SINAL, notas=NOTE)
    days = {"paadm_admdate": 66900, "paadm_admtime": 37800}
    horolog = read_plan({"paper_dob": 50828}, admissoes=ADMISSION | days, sinais_vitais=SINAL | {"obs_date": 66900, "obs_time": 37800},
                        notas=NOTE | {"not_date": 66900, "not_time": 37800})  # fmt: skip
    assert [(i.entidade, i.versao) for i in iso.items] == [(i.entidade, i.versao) for i in horolog.items]
    assert (date(2024, 3, 1), time(10, 30)) == (DAY, HOUR)


def test_a_character_that_the_charset_lacks_stops_one_message_only() -> None:
    plan = read_plan(admissoes=ADMISSION, notas=NOTE | {"not_notes": "feliz 🌻"})
    montadas = 0
    for item in plan.items[:-1]:
        if item.entidade.startswith("nota"):
            with pytest.raises(InvalidRecord, match=r"OBX-5: caractere U\+1F33B"):
                item.build(state(item, {}, 1, NOW, known=False))
        else:
            item.build(state(item, {}, 1, NOW, known=False))
            montadas += 1
    assert montadas == 2
