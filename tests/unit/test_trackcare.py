"""TrackCare: a patient's rows into messages, and what a change adds to what was said before (domain-facts 10, items 10, 13, 14, 19)."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from include.fusion.erros import RegistroInvalido
from include.fusion.sistemas.trackcare import estado
from include.fusion.sistemas.trackcare_base import dia, momento
from tests.unit.trackcare_apoio import (
    ADMISSAO,
    AGORA,
    ALERGIA,
    CIRURGIA,
    DIA,
    DIAGNOSTICO,
    FUSO,
    HORA,
    MOVIMENTOS,
    NOTA,
    REMEDIO,
    SINAL,
    Conversa,
    contexto,
    eventos,
    ler_plano,
)

ALTA = ADMISSAO | {"paadm_visitstatus": "D", "paadm_dischgdate": date(2024, 3, 5), "paadm_dischgtime": time(14)}


# --- dates -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "valor", [date(2024, 3, 1), datetime(2024, 3, 1, 5), "2024-03-01", "01/03/2024", 66900, Decimal(66900), "66900", 66900.0]
)
def test_a_day_is_read_in_every_form_it_may_have(valor: Any) -> None:
    assert dia(valor, "x") == date(2024, 3, 1)


@pytest.mark.parametrize("hora", [time(10, 30), "10:30:00", 37800, Decimal(37800), "37800", datetime(1900, 1, 1, 10, 30)])
def test_date_and_time_columns_make_one_moment(hora: Any) -> None:
    assert momento(66900, hora, FUSO, "x") == momento(date(2024, 3, 1), hora, FUSO, "x") == datetime(2024, 3, 1, 10, 30, tzinfo=FUSO)


def test_a_missing_time_is_midnight_and_a_missing_date_is_nothing() -> None:
    assert momento(66900, None, FUSO, "x") == datetime(2024, 3, 1, tzinfo=FUSO)
    assert momento(None, 37800, FUSO, "x") is None


@pytest.mark.parametrize(
    ("valor", "hora"), [(-99_999, None), (10**7, None), (66900, 86_400), (66900, -1), ("ontem", None), (date(1, 1, 1), None)]
)
def test_a_day_or_time_that_cannot_be_is_refused(valor: Any, hora: Any) -> None:
    with pytest.raises(RegistroInvalido):
        momento(valor, hora, FUSO, "x")


# --- one patient -------------------------------------------------------------------------------------------------------


def test_the_patient_travels_as_registered() -> None:
    (m,) = Conversa().dizer({"paper_name3": "Zé Flor"})
    assert m.bruto("PID", 3) == "77^^^TRACKCARE^PI~52998224725^^^CPF^NI~700000000000005^^^CNS^HC~100077^^^TRACKCARE^MR"
    assert m.bruto("PID", 5) == "Conceição Souza^Maria^^^^^L~Flor^Zé^^^^^D"
    assert (m.valor("PID", 7), m.valor("PID", 8), m.valor("PID", 11, 9), m.valor("PID", 30)) == ("19800229", "F", "5300108", "N")


def test_the_name_is_made_of_the_sites_columns() -> None:
    (m,) = Conversa(contexto(nome_em=("paper_name",))).dizer()
    assert m.bruto("PID", 5) == "Souza^Conceição^^^^^L"


def test_the_documents_are_looked_for_where_the_site_keeps_them() -> None:
    (m,) = Conversa().dizer({"paper_id": " ", "papmi_id": "52998224725", "paper_governcardno": None, "papmi_medicare": "700000000000005"})
    assert "52998224725^^^CPF" in m.bruto("PID", 3) and "700000000000005^^^CNS" in m.bruto("PID", 3)


@pytest.mark.parametrize(
    ("campo", "valores"),
    [("paciente.cpf", {"paper_id": "123.456.789-00"}), ("paciente.cns", {"paper_governcardno": "1" * 15}), ("paciente.nome", {"paper_name": "\x01", "paper_name2": None}),
     ("sexo", {"ctsex_code": "?", "ctsex_hl7code": None}), ("paciente.dataNascimento", {"paper_dob": 10**7})],
)  # fmt: skip
def test_a_patient_that_cannot_be_mapped_is_refused_without_the_value(campo: str, valores: dict[str, Any]) -> None:
    with pytest.raises(RegistroInvalido) as erro:
        ler_plano(valores)
    assert erro.value.campo == campo and "123" not in str(erro.value)


def test_an_invalid_document_may_be_left_out() -> None:
    (m,) = Conversa(contexto(omitir_documento_invalido=True)).dizer({"paper_id": "123.456.789-00"})
    assert "CPF" not in m.bruto("PID", 3)


def test_a_merged_patient_is_one_a40_to_the_one_who_stays() -> None:
    destino = {"unificado_com": 78, "paper_name": "Souza", "paper_name2": "Ana", "paper_name3": None}
    (m,) = Conversa().dizer(unificacao=[destino | {"unificado_com": 70}, destino], admissoes=ADMISSAO)
    assert eventos([m]) == ["A40"] and (m.valor("PID", 3), m.valor("PID", 5), m.valor("MRG", 1)) == ("78", "Souza", "77")


# --- a visit's life ------------------------------------------------------------------------------------------------------


def test_an_admission_is_told_once_and_its_changes_after() -> None:
    c = Conversa()
    assert eventos(c.dizer(admissoes=ADMISSAO)) == ["A31", "A01"]
    assert c.dizer(admissoes=ADMISSAO) == []
    assert eventos(c.dizer(admissoes=ADMISSAO, diagnosticos=DIAGNOSTICO)) == ["A08"]
    assert eventos(c.dizer({"paper_mobphone": "61911112222"}, admissoes=ADMISSAO, diagnosticos=DIAGNOSTICO)) == ["A31"]


def test_a_transfer_has_its_own_message_and_the_admission_its_own_place() -> None:
    c = Conversa()
    _, entrada, troca = c.dizer(admissoes=ADMISSAO, movimentacoes=MOVIMENTOS)
    assert (entrada.bruto("PV1", 3), entrada.valor("EVN", 6)) == ("ALA01^^ALA01-01^HBDF", "20240301103000-0300")
    assert eventos([troca]) == ["A02"] and (troca.bruto("PV1", 3), troca.bruto("PV1", 6)) == (
        "ALA02^^ALA02-01^HBDF",
        "ALA01^^ALA01-01^HBDF",
    )
    (depois,) = c.dizer(admissoes=ADMISSAO | {"ctloc_code": "DEP02"}, movimentacoes=MOVIMENTOS)
    assert depois.bruto("PV1", 3) == "ALA02^Q1^ALA02-01^HBDF", "an update tells where the patient is now"


def test_a_discharge_comes_last_and_is_taken_back_by_a13() -> None:
    c = Conversa()
    mensagens = c.dizer(admissoes=ALTA, notas=NOTA, diagnosticos=DIAGNOSTICO)
    assert eventos(mensagens) == ["A31", "A01", "T02", "A03"]
    assert mensagens[-1].valor("PV1", 45) == "20240305140000-0300" and mensagens[1].bruto("PV1", 45) == ""
    (volta,) = c.dizer(admissoes=ADMISSAO, notas=NOTA, diagnosticos=DIAGNOSTICO)
    assert eventos([volta]) == ["A13"] and volta.bruto("PV1", 45) == '""'
    assert eventos(c.dizer(admissoes=ALTA, notas=NOTA, diagnosticos=DIAGNOSTICO)) == ["A03"]


def test_the_same_content_after_another_is_a_new_message() -> None:
    c = Conversa()
    c.dizer(admissoes=ALTA)
    primeira, *_ = (m.valor("MSH", 10) for m in c.dizer(admissoes=ADMISSAO))
    c.dizer(admissoes=ALTA)
    segunda, *_ = (m.valor("MSH", 10) for m in c.dizer(admissoes=ADMISSAO))
    assert primeira != segunda


def test_a_visit_cancelled_before_anybody_heard_of_it_is_not_told() -> None:
    cancelada = ADMISSAO | {"paadm_visitstatus": "C"}
    assert eventos(Conversa().dizer(admissoes=cancelada, notas=NOTA)) == ["A31"]
    c = Conversa()
    c.dizer(admissoes=ADMISSAO)
    assert eventos(c.dizer(admissoes=cancelada)) == ["A11"] and c.dizer(admissoes=cancelada) == []
    assert eventos(c.dizer(admissoes=ADMISSAO)) == ["A01"]


def test_a_pre_admission_waits() -> None:
    assert eventos(Conversa().dizer(admissoes=ADMISSAO | {"paadm_visitstatus": "P"})) == ["A31"]


def test_an_outpatient_may_be_registered_by_a04() -> None:
    ambulatorial = ADMISSAO | {"paadm_type": "O"}
    assert eventos(Conversa().dizer(admissoes=ambulatorial)) == ["A31", "A01"]
    assert eventos(Conversa(contexto(evento_ambulatorial="A04")).dizer(admissoes=ambulatorial)) == ["A31", "A04"]


def test_old_visits_may_be_left_out() -> None:
    assert eventos(Conversa(contexto(desde=datetime(2024, 4, 1, tzinfo=FUSO))).dizer(admissoes=ALTA)) == ["A31"]


def test_a_visit_that_cannot_be_mapped_stays_behind_with_its_key() -> None:
    plano = ler_plano(admissoes=[ADMISSAO | {"paadm_rowid": 8, "paadm_type": "Z"}, ADMISSAO], notas=[NOTA, NOTA | {"paadm_rowid": 8}])
    assert [i.entidade for i in plano.itens if i.ativo] == ["paciente 77", "visita 9", "nota 9||1"]
    assert plano.recusas == ("tipo_atendimento: código 'Z' sem De/Para (PA_Adm 8)",)


# --- what hangs below a visit -----------------------------------------------------------------------------------------------


def sinais(*linhas: dict[str, Any], c: Conversa | None = None) -> list[Any]:
    itens = [SINAL | {"obs_rowid": f"9||{n}"} | x for n, x in enumerate(linhas, 1)]
    return [m for m in (c or Conversa()).dizer(admissoes=ADMISSAO, sinais_vitais=itens) if m.de("OBX")]


def test_signs_of_one_moment_are_one_panel() -> None:
    painel, outro = sinais({}, {"itm_code": "PAS", "obs_value": "120", "ctuom_code": "mmHg"}, {"obs_time": time(11)})
    assert [(painel.parte(s.campo(3)), s.campo(5), s.campo(11)) for s in painel.de("OBX")] == [
        ("8310-5", "36.5", "F"),
        ("8480-6", "120", "F"),
    ]
    assert len(outro.de("OBX")) == 1


def test_a_value_entered_in_error_never_leaves_and_one_that_left_is_taken_back() -> None:
    errado = {"obs_errorreason_dr": 3, "obs_value": "999"}
    assert sinais(errado) == []
    c = Conversa()
    sinais({}, {"itm_code": "PAS", "obs_value": "120", "ctuom_code": "mmHg"}, c=c)
    (correcao,) = sinais({}, {"itm_code": "PAS", "ctuom_code": "mmHg", **errado}, c=c)
    assert [(s.campo(5), s.campo(11)) for s in correcao.de("OBX")] == [("36.5", "C"), ("", "D")] and correcao.bruto("OBR", 25) == "C"
    (tudo,) = sinais(errado, {"itm_code": "PAS", "ctuom_code": "mmHg", **errado}, c=c)
    assert [s.campo(11) for s in tudo.de("OBX")] == ["D", "D"]


@pytest.mark.parametrize(
    "mudanca", [{"itm_code": "XYZ", "itm_desc": "Diurese"}, {"obs_value": None}, {"obs_value": " "}, {"obs_date": None}]
)
def test_what_is_no_sign_or_has_no_value_is_left_out(mudanca: dict[str, Any]) -> None:
    assert sinais(mudanca) == []


@pytest.mark.parametrize("mudanca", [{"obs_value": "febril"}, {"obs_value": "365"}, {"ctuom_code": "kg"}])
def test_a_value_that_cannot_be_trusted_stays_behind_alone(mudanca: dict[str, Any]) -> None:
    plano = ler_plano(
        admissoes=ADMISSAO,
        sinais_vitais=[SINAL | mudanca, SINAL | {"obs_rowid": "9||2", "itm_code": "FC", "obs_value": "80", "ctuom_code": "bpm"}],
    )
    assert len(plano.recusas) == 1 and "9||1" in plano.recusas[0] and "febril" not in plano.recusas[0]
    assert any(i.entidade.startswith("painel") for i in plano.itens)


def test_the_type_of_a_note_is_the_sites_and_unknown_types_stay() -> None:
    mensagens = Conversa().dizer(
        admissoes=ADMISSAO, notas=[NOTA | {"not_clinnotestype_dr": t, "not_rowid": f"9||{t}"} for t in (11, 12, 99)]
    )
    assert [m.valor("TXA", 2) for m in mensagens if m.de("TXA")] == ["HP", "PN"]


def test_a_note_is_plain_text_and_loses_nothing() -> None:
    (m,) = (
        x
        for x in Conversa().dizer(admissoes=ADMISSAO, notas=NOTA | {"not_notes": "<p>PA 120|80 &amp; FC ~ 90</p><p>fim</p>"})
        if x.de("TXA")
    )
    assert m.texto(m.bruto("OBX", 5)) == "PA 120|80 & FC ~ 90\nfim"


def test_a_note_entered_in_error_is_withdrawn_only_if_it_was_sent() -> None:
    errada = NOTA | {"not_errorreason_dr": 3}
    assert eventos(Conversa().dizer(admissoes=ADMISSAO, notas=errada)) == ["A31", "A01"]
    c = Conversa()
    c.dizer(admissoes=ADMISSAO, notas=NOTA)
    (m,) = c.dizer(admissoes=ADMISSAO, notas=errada)
    assert (m.valor("TXA", 12), m.valor("TXA", 19)) == ("9||1", "CA")


@pytest.mark.parametrize(("situacao", "controle"), [("V", "XO"), ("D", "DC"), ("C", "CA"), ("E", "XO")])
def test_a_medicines_change_says_what_it_is(situacao: str, controle: str) -> None:
    c = Conversa()
    (_, _, nova) = c.dizer(admissoes=ADMISSAO, medicamentos=REMEDIO)
    assert (nova.bruto("ORC", 1), nova.bruto("RXE", 3), nova.valor("RXR", 1)) == ("NW", "0.5", "IV")
    (m,) = c.dizer(admissoes=ADMISSAO, medicamentos=REMEDIO | {"ostat_code": situacao, "oeori_doseqty": 2})
    assert m.bruto("ORC", 1) == controle and m.valor("ORC", 2) == "5||1"


def test_a_medicine_cancelled_before_it_was_sent_and_an_exam_are_not_told() -> None:
    itens = [REMEDIO | {"ostat_code": "C"}, REMEDIO | {"oeori_rowid": "5||2", "arcic_code": "LAB"}]
    assert eventos(Conversa().dizer(admissoes=ADMISSAO, medicamentos=itens)) == ["A31", "A01"]


def test_a_dose_is_never_invented() -> None:
    plano = ler_plano(admissoes=ADMISSAO, medicamentos=REMEDIO | {"oeori_doseqty": None})
    assert plano.recusas == ("prescricoes.dose: dose ou unidade não preenchida na origem (oeori_rowid 5||1)",)


@pytest.mark.parametrize(
    ("mudanca", "evento", "situacao"),
    [({"rbop_timeoper": time(15)}, "S13", "Booked"), ({"rbop_status": "I"}, "S14", "Started"), ({"rbop_status": "X"}, "S15", "Cancelled"),
     ({"rbop_status": "N"}, "S26", "Cancelled"), ({"rbop_status": "C"}, "S14", "Complete"), ({"rbop_resource_dr": 2}, "S13", "Booked")],
)  # fmt: skip
def test_a_surgerys_change_says_what_it_is(mudanca: dict[str, Any], evento: str, situacao: str) -> None:
    c = Conversa()
    assert eventos(c.dizer(admissoes=ADMISSAO, cirurgias=CIRURGIA)) == ["A31", "A01", "S12"]
    (m,) = c.dizer(admissoes=ADMISSAO, cirurgias=CIRURGIA | mudanca)
    assert eventos([m]) == [evento] and m.valor("SCH", 25) == situacao


def test_a_no_show_has_a_status_of_its_own_from_2_5_1_on() -> None:
    c = Conversa(contexto(hl7={"versao": "2.5.1"}))
    c.dizer(admissoes=ADMISSAO, cirurgias=CIRURGIA)
    (m,) = c.dizer(admissoes=ADMISSAO, cirurgias=CIRURGIA | {"rbop_status": "N"})
    assert m.valor("SCH", 25) == "Noshow"


def test_a_surgery_cancelled_before_it_was_sent_is_not_told() -> None:
    assert eventos(Conversa().dizer(admissoes=ADMISSAO, cirurgias=CIRURGIA | {"rbop_status": "X"})) == ["A31", "A01"]


def test_clinical_messages_come_in_the_order_in_which_things_happened() -> None:
    mensagens = Conversa().dizer(
        admissoes=ALTA, sinais_vitais=SINAL | {"obs_time": time(13)}, notas=NOTA | {"not_time": time(12)}, medicamentos=REMEDIO | {"oeori_timeord": time(11)},
        cirurgias=CIRURGIA | {"rbop_dateoper": date(2024, 3, 4)}, alergias=ALERGIA,
    )  # fmt: skip
    assert eventos(mensagens) == ["A31", "A60", "A01", "O11", "T02", "R01", "S12", "A03"]


def test_allergies_are_added_updated_and_deleted() -> None:
    c = Conversa()
    (_, nova) = c.dizer(alergias=ALERGIA)
    assert (nova.bruto("IAM", 2), nova.bruto("IAM", 4), nova.bruto("IAM", 6), nova.valor("IAM", 7)) == ("DA", "SV", "A", "77||1")
    (inativa,) = c.dizer(alergias=ALERGIA | {"alg_inactivedate": DIA})
    assert (inativa.bruto("IAM", 6), inativa.bruto("IAM", 17)) == ("U", "I")
    (apagada,) = c.dizer(alergias=ALERGIA | {"alg_entrystatus": "E"})
    assert (apagada.bruto("IAM", 6), apagada.bruto("IAM", 17)) == ("D", "E")
    assert eventos(Conversa().dizer(alergias=ALERGIA | {"alg_entrystatus": "E"})) == ["A31"]


def test_a_diagnosis_entered_in_error_is_not_in_the_set() -> None:
    (_, m) = Conversa().dizer(
        admissoes=ADMISSAO, diagnosticos=[DIAGNOSTICO, DIAGNOSTICO | {"mrdia_rowid": "9||2", "mrdia_entrystatus": "E"}]
    )
    assert [s.campo(3) for s in m.de("DG1")] == ["E11.9^Diabetes^I10"]


def test_a_horolog_row_says_the_same_as_an_iso_row() -> None:
    iso = ler_plano(admissoes=ADMISSAO, sinais_vitais=SINAL, notas=NOTA)
    dias = {"paadm_admdate": 66900, "paadm_admtime": 37800}
    horolog = ler_plano({"paper_dob": 50828}, admissoes=ADMISSAO | dias, sinais_vitais=SINAL | {"obs_date": 66900, "obs_time": 37800},
                        notas=NOTA | {"not_date": 66900, "not_time": 37800})  # fmt: skip
    assert [(i.entidade, i.versao) for i in iso.itens] == [(i.entidade, i.versao) for i in horolog.itens]
    assert (date(2024, 3, 1), time(10, 30)) == (DIA, HORA)


def test_a_character_that_the_charset_lacks_stops_one_message_only() -> None:
    plano = ler_plano(admissoes=ADMISSAO, notas=NOTA | {"not_notes": "feliz 🌻"})
    montadas = 0
    for item in plano.itens[:-1]:
        if item.entidade.startswith("nota"):
            with pytest.raises(RegistroInvalido, match=r"OBX-5: caractere U\+1F33B"):
                item.montar(estado(item, {}, 1, AGORA))
        else:
            item.montar(estado(item, {}, 1, AGORA))
            montadas += 1
    assert montadas == 2
