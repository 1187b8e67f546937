"""TrackCare: a patient's rows into messages, and what a change adds to what was said before."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from include.fusion.errors import RegistroInvalido
from include.fusion.sistemas.trackcare.context import dia, momento
from tests.unit.trackcare_apoio import (
    ADMISSAO,
    CIRURGIA,
    DIA,
    DIAGNOSTICO,
    FUSO,
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


def test_every_transfer_of_a_visit_has_a_control_id_of_its_own() -> None:
    volta = MOVIMENTOS[0] | {"trans_rowid": "9||3", "trans_starttime": time(15)}
    mensagens = Conversa().dizer(admissoes=ADMISSAO, movimentacoes=[*MOVIMENTOS, volta])
    assert eventos(mensagens)[2:] == ["A02", "A02"] and len({m.valor("MSH", 10) for m in mensagens}) == 4


def test_a_transfer_entered_late_stands_where_it_happened_and_leaves_the_patient_where_he_is() -> None:
    tarde = MOVIMENTOS[0] | {"trans_rowid": "9||3", "trans_childsub": 3, "trans_starttime": time(11, 30), "ward_code": "ALA03"}
    c = Conversa()
    c.dizer(admissoes=ADMISSAO, movimentacoes=MOVIMENTOS)
    mensagens = c.dizer(admissoes=ADMISSAO, movimentacoes=[*MOVIMENTOS, tarde])
    assert [(m.valor("PV1", 6), m.valor("PV1", 3)) for m in mensagens] == [("ALA01", "ALA03"), ("ALA03", "ALA02")]


def test_a_row_that_changes_no_place_is_no_transfer() -> None:
    outro_medico = [MOVIMENTOS[1] | {"trans_rowid": "9||3"}, MOVIMENTOS[1] | {"trans_rowid": "9||4", "ward_code": None, "bed_code": None}]
    mensagens = Conversa().dizer(admissoes=ADMISSAO, movimentacoes=[*MOVIMENTOS, *outro_medico])
    assert eventos(mensagens) == ["A31", "A01", "A02"]


@pytest.mark.parametrize("movimentos", [[], MOVIMENTOS[:1]])
def test_a_place_that_no_transfer_tells_is_an_update(movimentos: list[dict[str, Any]]) -> None:
    c, outro = Conversa(), {"ward_code": "ALA07", "bed_code": "ALA07-01"}
    c.dizer(admissoes=ADMISSAO, movimentacoes=movimentos)
    (m,) = c.dizer(admissoes=ADMISSAO | outro, movimentacoes=[x | outro for x in movimentos])
    assert eventos([m]) == ["A08"] and m.valor("PV1", 3) == "ALA07"


def test_a_cancelled_visit_that_comes_back_is_told_whole() -> None:
    c, tudo = Conversa(), {"movimentacoes": MOVIMENTOS}
    c.dizer(admissoes=ALTA, **tudo)
    assert eventos(c.dizer(admissoes=ALTA | {"paadm_visitstatus": "C"}, **tudo)) == ["A13", "A11"]
    entrada, alta = c.dizer(admissoes=ALTA, **tudo)
    assert eventos([entrada, alta]) == ["A01", "A03"] and entrada.valor("PV1", 3) == "ALA02"


def test_a_death_entered_by_mistake_loses_its_date() -> None:
    c = Conversa()
    c.dizer({"paper_deceased": "Y", "paper_deceased_date": date(2024, 3, 1)})
    (m,) = c.dizer()
    assert (m.bruto("PID", 29), m.bruto("PID", 30)) == ('""', "N")


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


@pytest.mark.parametrize("mudanca", [{}, {"paadm_admdate": None}, {"paadm_type": "Z"}])
def test_a_pre_admission_waits(mudanca: dict[str, Any]) -> None:
    plano = ler_plano(admissoes=ADMISSAO | {"paadm_visitstatus": "P"} | mudanca)
    assert [i.entidade for i in plano.itens if i.ativo] == ["paciente 77"] and plano.recusas == ()


def test_an_admission_that_goes_back_to_a_pre_admission_is_cancelled() -> None:
    c = Conversa()
    c.dizer(admissoes=ADMISSAO, movimentacoes=MOVIMENTOS)
    assert eventos(c.dizer(admissoes=ADMISSAO | {"paadm_visitstatus": "P"}, movimentacoes=MOVIMENTOS)) == ["A11"]
    assert eventos(c.dizer(admissoes=ADMISSAO, movimentacoes=MOVIMENTOS)) == ["A01"]


def test_a_discharge_whose_hour_was_not_noted_is_a_day() -> None:
    sem_hora = {"paadm_visitstatus": "D", "paadm_dischgdate": DIA, "paadm_dischgtime": None}
    *_, alta = Conversa(contexto(desde=datetime(2024, 3, 1, tzinfo=FUSO))).dizer(admissoes=ADMISSAO | sem_hora)
    assert (alta.valor("PV1", 44), alta.valor("PV1", 45), alta.valor("EVN", 6)) == ("20240301103000-0300", "20240301", "20240301")
    *_, meia_noite = Conversa().dizer(admissoes=ADMISSAO | sem_hora | {"paadm_dischgdate": date(2024, 3, 2), "paadm_dischgtime": 0})
    assert meia_noite.valor("PV1", 45) == "20240302000000-0300"


def test_what_was_said_of_the_wrong_person_is_said_again_of_the_right_one() -> None:
    c, tudo = Conversa(), {"admissoes": ALTA, "movimentacoes": MOVIMENTOS, "notas": NOTA, "sinais_vitais": SINAL, "medicamentos": REMEDIO,
                           "cirurgias": CIRURGIA}  # fmt: skip
    c.dizer(**tudo)
    mensagens = c.dizer({"chave": 88, "paper_name2": "Outra"}, **tudo)
    assert sorted(eventos(mensagens)) == ["A02", "A03", "A08", "A31", "O11", "R01", "S14", "T02"]
    assert {m.valor("PID", 3) for m in mensagens} == {"88"}


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
