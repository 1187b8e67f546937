"""TrackCare: a patient's rows into messages, and what a change adds to what was said before."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from include.fusion.errors import InvalidRecord
from include.fusion.sistemas.trackcare.context import day, moment
from tests.unit.sistemas.trackcare.rows import (
    ADMISSION,
    CIRURGIA,
    DAY,
    DIAGNOSTICO,
    MEDICATION,
    MOVEMENTS,
    NOTE,
    SINAL,
    ZONE,
    Conversation,
    context,
    events,
    read_plan,
)

ALTA = ADMISSION | {"paadm_visitstatus": "D", "paadm_dischgdate": date(2024, 3, 5), "paadm_dischgtime": time(14)}


# --- dates -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "valor", [date(2024, 3, 1), datetime(2024, 3, 1, 5), "2024-03-01", "01/03/2024", 66900, Decimal(66900), "66900", 66900.0]
)
def test_a_day_is_read_in_every_form_it_may_have(valor: Any) -> None:
    assert day(valor, "x") == date(2024, 3, 1)


@pytest.mark.parametrize("hour", [time(10, 30), "10:30:00", 37800, Decimal(37800), "37800", datetime(1900, 1, 1, 10, 30)])
def test_date_and_time_columns_make_one_moment(hour: Any) -> None:
    assert moment(66900, hour, ZONE, "x") == moment(date(2024, 3, 1), hour, ZONE, "x") == datetime(2024, 3, 1, 10, 30, tzinfo=ZONE)


def test_a_missing_time_is_midnight_and_a_missing_date_is_nothing() -> None:
    assert moment(66900, None, ZONE, "x") == datetime(2024, 3, 1, tzinfo=ZONE)
    assert moment(None, 37800, ZONE, "x") is None


@pytest.mark.parametrize(
    ("valor", "hour"), [(-99_999, None), (10**7, None), (66900, 86_400), (66900, -1), ("ontem", None), (date(1, 1, 1), None)]
)
def test_a_day_or_time_that_cannot_be_is_refused(valor: Any, hour: Any) -> None:
    with pytest.raises(InvalidRecord):
        moment(valor, hour, ZONE, "x")


# --- one patient -------------------------------------------------------------------------------------------------------


def test_the_patient_travels_as_registered() -> None:
    (m,) = Conversation().say({"paper_name3": "Zé Flor"})
    assert m.raw("PID", 3) == "77^^^TRACKCARE^PI~52998224725^^^CPF^NI~700000000000005^^^CNS^HC~100077^^^TRACKCARE^MR"
    assert m.raw("PID", 5) == "Conceição Souza^Maria^^^^^L~Flor^Zé^^^^^D"
    assert (m.valor("PID", 7), m.valor("PID", 8), m.valor("PID", 11, 9), m.valor("PID", 30)) == ("19800229", "F", "5300108", "N")


def test_the_name_is_made_of_the_sites_columns() -> None:
    (m,) = Conversation(context(nome_em=("paper_name",))).say()
    assert m.raw("PID", 5) == "Souza^Conceição^^^^^L"


def test_the_documents_are_looked_for_where_the_site_keeps_them() -> None:
    (m,) = Conversation().say({"paper_id": " ", "papmi_id": "52998224725", "paper_governcardno": None, "papmi_medicare": "700000000000005"})
    assert "52998224725^^^CPF" in m.raw("PID", 3) and "700000000000005^^^CNS" in m.raw("PID", 3)


@pytest.mark.parametrize(
    ("field", "values"),
    [("paciente.cpf", {"paper_id": "123.456.789-00"}), ("paciente.cns", {"paper_governcardno": "1" * 15}), ("paciente.nome", {"paper_name": "\x01", "paper_name2": None}),
     ("sexo", {"ctsex_code": "?", "ctsex_hl7code": None}), ("paciente.dataNascimento", {"paper_dob": 10**7})],
)  # fmt: skip
def test_a_patient_that_cannot_be_mapped_is_refused_without_the_value(field: str, values: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecord) as error:
        read_plan(values)
    assert error.value.field == field and "123" not in str(error.value)


def test_an_invalid_document_may_be_left_out() -> None:
    (m,) = Conversation(context(omit_invalid_document=True)).say({"paper_id": "123.456.789-00"})
    assert "CPF" not in m.raw("PID", 3)


def test_a_merged_patient_is_one_a40_to_the_one_who_stays() -> None:
    destination = {"unificado_com": 78, "paper_name": "Souza", "paper_name2": "Ana", "paper_name3": None}
    (m,) = Conversation().say(unificacao=[destination | {"unificado_com": 70}, destination], admissoes=ADMISSION)
    assert events([m]) == ["A40"] and (m.valor("PID", 3), m.valor("PID", 5), m.valor("MRG", 1)) == ("78", "Souza", "77")


# --- a visit's life ------------------------------------------------------------------------------------------------------


def test_an_admission_is_told_once_and_its_changes_after() -> None:
    c = Conversation()
    assert events(c.say(admissoes=ADMISSION)) == ["A31", "A01"]
    assert c.say(admissoes=ADMISSION) == []
    assert events(c.say(admissoes=ADMISSION, diagnosticos=DIAGNOSTICO)) == ["A08"]
    assert events(c.say({"paper_mobphone": "61911112222"}, admissoes=ADMISSION, diagnosticos=DIAGNOSTICO)) == ["A31"]


def test_a_transfer_has_its_own_message_and_the_admission_its_own_place() -> None:
    c = Conversation()
    _, entry, replacement = c.say(admissoes=ADMISSION, movimentacoes=MOVEMENTS)
    assert (entry.raw("PV1", 3), entry.valor("EVN", 6)) == ("ALA01^^ALA01-01^HBDF", "20240301103000-0300")
    assert events([replacement]) == ["A02"] and (replacement.raw("PV1", 3), replacement.raw("PV1", 6)) == (
        "ALA02^^ALA02-01^HBDF",
        "ALA01^^ALA01-01^HBDF",
    )
    (after,) = c.say(admissoes=ADMISSION | {"ctloc_code": "DEP02"}, movimentacoes=MOVEMENTS)
    assert after.raw("PV1", 3) == "ALA02^Q1^ALA02-01^HBDF", "an update tells where the patient is now"


def test_every_transfer_of_a_visit_has_a_control_id_of_its_own() -> None:
    back = MOVEMENTS[0] | {"trans_rowid": "9||3", "trans_starttime": time(15)}
    messages = Conversation().say(admissoes=ADMISSION, movimentacoes=[*MOVEMENTS, back])
    assert events(messages)[2:] == ["A02", "A02"] and len({m.valor("MSH", 10) for m in messages}) == 4


def test_a_transfer_entered_late_stands_where_it_happened_and_leaves_the_patient_where_he_is() -> None:
    tarde = MOVEMENTS[0] | {"trans_rowid": "9||3", "trans_childsub": 3, "trans_starttime": time(11, 30), "ward_code": "ALA03"}
    c = Conversation()
    c.say(admissoes=ADMISSION, movimentacoes=MOVEMENTS)
    messages = c.say(admissoes=ADMISSION, movimentacoes=[*MOVEMENTS, tarde])
    assert [(m.valor("PV1", 6), m.valor("PV1", 3)) for m in messages] == [("ALA01", "ALA03"), ("ALA03", "ALA02")]


def test_a_row_that_changes_no_place_is_no_transfer() -> None:
    outro_medico = [MOVEMENTS[1] | {"trans_rowid": "9||3"}, MOVEMENTS[1] | {"trans_rowid": "9||4", "ward_code": None, "bed_code": None}]
    messages = Conversation().say(admissoes=ADMISSION, movimentacoes=[*MOVEMENTS, *outro_medico])
    assert events(messages) == ["A31", "A01", "A02"]


@pytest.mark.parametrize("movements", [[], MOVEMENTS[:1]])
def test_a_place_that_no_transfer_tells_is_an_update(movements: list[dict[str, Any]]) -> None:
    c, other = Conversation(), {"ward_code": "ALA07", "bed_code": "ALA07-01"}
    c.say(admissoes=ADMISSION, movimentacoes=movements)
    (m,) = c.say(admissoes=ADMISSION | other, movimentacoes=[x | other for x in movements])
    assert events([m]) == ["A08"] and m.valor("PV1", 3) == "ALA07"


def test_a_cancelled_visit_that_comes_back_is_told_whole() -> None:
    c = Conversation()
    everything: dict[str, Any] = {"movimentacoes": MOVEMENTS}
    c.say(admissoes=ALTA, **everything)
    assert events(c.say(admissoes=ALTA | {"paadm_visitstatus": "C"}, **everything)) == ["A13", "A11"]
    entry, alta = c.say(admissoes=ALTA, **everything)
    assert events([entry, alta]) == ["A01", "A03"] and entry.valor("PV1", 3) == "ALA02"


def test_a_death_entered_by_mistake_loses_its_date() -> None:
    c = Conversation()
    c.say({"paper_deceased": "Y", "paper_deceased_date": date(2024, 3, 1)})
    (m,) = c.say()
    assert (m.raw("PID", 29), m.raw("PID", 30)) == ('""', "N")


def test_a_discharge_comes_last_and_is_taken_back_by_a13() -> None:
    c = Conversation()
    messages = c.say(admissoes=ALTA, notas=NOTE, diagnosticos=DIAGNOSTICO)
    assert events(messages) == ["A31", "A01", "T02", "A03"]
    assert messages[-1].valor("PV1", 45) == "20240305140000-0300" and messages[1].raw("PV1", 45) == ""
    (back,) = c.say(admissoes=ADMISSION, notas=NOTE, diagnosticos=DIAGNOSTICO)
    assert events([back]) == ["A13"] and back.raw("PV1", 45) == '""'
    assert events(c.say(admissoes=ALTA, notas=NOTE, diagnosticos=DIAGNOSTICO)) == ["A03"]


def test_the_same_content_after_another_is_a_new_message() -> None:
    c = Conversation()
    c.say(admissoes=ALTA)
    first, *_ = (m.valor("MSH", 10) for m in c.say(admissoes=ADMISSION))
    c.say(admissoes=ALTA)
    second_time, *_ = (m.valor("MSH", 10) for m in c.say(admissoes=ADMISSION))
    assert first != second_time


def test_a_visit_cancelled_before_anybody_heard_of_it_is_not_told() -> None:
    cancelled = ADMISSION | {"paadm_visitstatus": "C"}
    assert events(Conversation().say(admissoes=cancelled, notas=NOTE)) == ["A31"]
    c = Conversation()
    c.say(admissoes=ADMISSION)
    assert events(c.say(admissoes=cancelled)) == ["A11"] and c.say(admissoes=cancelled) == []
    assert events(c.say(admissoes=ADMISSION)) == ["A01"]


@pytest.mark.parametrize("change", [{}, {"paadm_admdate": None}, {"paadm_type": "Z"}])
def test_a_pre_admission_waits(change: dict[str, Any]) -> None:
    plan = read_plan(admissoes=ADMISSION | {"paadm_visitstatus": "P"} | change)
    assert [i.entidade for i in plan.items if i.ativo] == ["paciente 77"] and plan.refusals == ()


def test_an_admission_that_goes_back_to_a_pre_admission_is_cancelled() -> None:
    c = Conversation()
    c.say(admissoes=ADMISSION, movimentacoes=MOVEMENTS)
    assert events(c.say(admissoes=ADMISSION | {"paadm_visitstatus": "P"}, movimentacoes=MOVEMENTS)) == ["A11"]
    assert events(c.say(admissoes=ADMISSION, movimentacoes=MOVEMENTS)) == ["A01"]


def test_a_discharge_whose_hour_was_not_noted_is_a_day() -> None:
    sem_hora = {"paadm_visitstatus": "D", "paadm_dischgdate": DAY, "paadm_dischgtime": None}
    *_, alta = Conversation(context(desde=datetime(2024, 3, 1, tzinfo=ZONE))).say(admissoes=ADMISSION | sem_hora)
    assert (alta.valor("PV1", 44), alta.valor("PV1", 45), alta.valor("EVN", 6)) == ("20240301103000-0300", "20240301", "20240301")
    *_, meia_noite = Conversation().say(admissoes=ADMISSION | sem_hora | {"paadm_dischgdate": date(2024, 3, 2), "paadm_dischgtime": 0})
    assert meia_noite.valor("PV1", 45) == "20240302000000-0300"


def test_what_was_said_of_the_wrong_person_is_said_again_of_the_right_one() -> None:
    c = Conversation()
    everything: dict[str, Any] = {
        "admissoes": ALTA, "movimentacoes": MOVEMENTS, "notas": NOTE, "sinais_vitais": SINAL, "medicamentos": MEDICATION, "cirurgias": CIRURGIA
    }  # fmt: skip
    c.say(**everything)
    messages = c.say({"chave": 88, "paper_name2": "Outra"}, **everything)
    assert sorted(events(messages)) == ["A02", "A03", "A08", "A31", "O11", "R01", "S14", "T02"]
    assert {m.valor("PID", 3) for m in messages} == {"88"}


def test_an_outpatient_may_be_registered_by_a04() -> None:
    ambulatorial = ADMISSION | {"paadm_type": "O"}
    assert events(Conversation().say(admissoes=ambulatorial)) == ["A31", "A01"]
    assert events(Conversation(context(evento_ambulatorial="A04")).say(admissoes=ambulatorial)) == ["A31", "A04"]


def test_old_visits_may_be_left_out() -> None:
    assert events(Conversation(context(desde=datetime(2024, 4, 1, tzinfo=ZONE))).say(admissoes=ALTA)) == ["A31"]


def test_a_visit_that_cannot_be_mapped_stays_behind_with_its_key() -> None:
    plan = read_plan(admissoes=[ADMISSION | {"paadm_rowid": 8, "paadm_type": "Z"}, ADMISSION], notas=[NOTE, NOTE | {"paadm_rowid": 8}])
    assert [i.entidade for i in plan.items if i.ativo] == ["paciente 77", "visita 9", "nota 9||1"]
    assert plan.refusals == ("tipo_atendimento: código 'Z' sem De/Para (PA_Adm 8)",)
