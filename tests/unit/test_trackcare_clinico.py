"""TrackCare: what hangs below a visit, and how a change of it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from include.fusion.errors import RegistroInvalido
from include.fusion.model.depara import Catalogo, DePara, ler_catalogos, shipped
from include.fusion.sistemas.trackcare.context import ContextoTrackCare
from include.fusion.sistemas.trackcare.system import estado
from tests.unit.trackcare_apoio import (
    ADMISSAO,
    AGORA,
    ALERGIA,
    CIRURGIA,
    DIA,
    DIAGNOSTICO,
    HORA,
    NOTA,
    REMEDIO,
    SINAL,
    Conversa,
    contexto,
    eventos,
    ler_plano,
)

ALTA = ADMISSAO | {"paadm_visitstatus": "D", "paadm_dischgdate": date(2024, 3, 5), "paadm_dischgtime": time(14)}


def com_catalogo(**catalogos: Catalogo) -> ContextoTrackCare:
    """The site's own codes in the place of ours."""
    return replace(contexto(), depara=DePara({**ler_catalogos(shipped("trackcare")), **catalogos}))


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


def test_a_value_taken_back_takes_no_other_of_the_same_sign() -> None:
    (painel,) = sinais({}, {"obs_value": "38,0"})
    assert [(s.campo(4), s.campo(5)) for s in painel.de("OBX")] == [("1", "36.5"), ("2", "38")]


def test_a_value_that_was_emptied_is_taken_back() -> None:
    c, pulso = Conversa(), {"itm_code": "FC", "obs_value": "80", "ctuom_code": "bpm"}
    sinais({}, pulso, c=c)
    (m,) = sinais({"obs_value": " "}, pulso, c=c)
    assert [(s.campo(4), s.campo(5), s.campo(11)) for s in m.de("OBX")] == [("1", "", "D"), ("2", "80", "C")]


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


def test_a_draft_waits_and_a_note_says_whether_it_is_signed() -> None:
    ctx = com_catalogo(situacao_nota=Catalogo(politica="padrao", padrao="AU", codigos={"3": "NAO_ENVIAR", "4": "DO"}))
    notas = [NOTA | {"not_rowid": f"9||{s}", "not_status_dr": s} for s in (3, 4, 5)]
    mensagens = Conversa(ctx).dizer(admissoes=ADMISSAO, notas=notas)
    assert [(m.valor("TXA", 12), m.valor("TXA", 17)) for m in mensagens if m.de("TXA")] == [("9||4", "DO"), ("9||5", "AU")]


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
    assert (m.valor("TXA", 12), m.valor("TXA", 19), m.bruto("OBX", 5)) == ("9||1", "CA", "")


@pytest.mark.parametrize(
    "mudanca",
    [{"not_errorreason_dr": 3, "not_notes": None}, {"not_notes": " "}, {"not_status_dr": 3}, {"not_status_dr": 3, "not_date": "ontem"}],
)
def test_a_note_that_is_emptied_or_a_draft_again_is_withdrawn(mudanca: dict[str, Any]) -> None:
    c = Conversa(com_catalogo(situacao_nota=Catalogo(politica="padrao", padrao="AU", codigos={"3": "NAO_ENVIAR"})))
    c.dizer(admissoes=ADMISSAO, notas=NOTA)
    (m,) = c.dizer(admissoes=ADMISSAO, notas=NOTA | mudanca)
    assert (m.valor("TXA", 2), m.valor("TXA", 12), m.valor("TXA", 19)) == ("PN", "9||1", "CA") and m.bruto("OBX", 5) == ""


def test_a_treatment_lasts_through_its_last_day() -> None:
    (_, _, m) = Conversa().dizer(admissoes=ADMISSAO, medicamentos=REMEDIO | {"oeori_enddate": date(2024, 3, 10)})
    assert (m.valor("RXE", 1, 4), m.valor("RXE", 1, 5)) == ("20240301103000-0300", "20240310")


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


def test_an_order_that_nobody_heard_of_is_new_even_when_discontinued() -> None:
    (_, _, m) = Conversa().dizer(admissoes=ADMISSAO, medicamentos=REMEDIO | {"ostat_code": "D"})
    assert (m.bruto("ORC", 1), m.bruto("ORC", 5)) == ("NW", "DC")


def test_a_medicine_without_a_name_stays_behind() -> None:
    plano = ler_plano(admissoes=ADMISSAO, medicamentos=REMEDIO | {"arcim_code": None, "arcim_desc": " "})
    assert plano.recusas == ("prescricoes.medicamento: não preenchido na origem (oeori_rowid 5||1)",)


def test_a_dose_is_never_invented() -> None:
    plano = ler_plano(admissoes=ADMISSAO, medicamentos=REMEDIO | {"oeori_doseqty": None})
    assert plano.recusas == ("prescricoes.dose: dose ou unidade não preenchida na origem (oeori_rowid 5||1)",)


def test_a_cancelled_order_needs_no_dose_to_leave() -> None:
    c = Conversa()
    c.dizer(admissoes=ADMISSAO, medicamentos=REMEDIO)
    (m,) = c.dizer(
        admissoes=ADMISSAO, medicamentos=REMEDIO | {"ostat_code": "C", "oeori_doseqty": None, "ctuom_code": None, "ctuom_desc": None}
    )
    assert (m.bruto("ORC", 1), m.valor("ORC", 2), m.bruto("RXE", 3), m.bruto("RXE", 5)) == ("CA", "5||1", "0", '""')


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


def test_an_allergy_entered_in_error_is_deleted_even_without_its_substance() -> None:
    c, vazia = Conversa(), ALERGIA | {"alg_entrystatus": "E", "tipo_codigo": None, "tipo_descricao": None}
    assert ler_plano(alergias=vazia).recusas == () and eventos(c.dizer(alergias=vazia)) == ["A31"]
    c.dizer(alergias=ALERGIA)
    (m,) = c.dizer(alergias=vazia)
    assert (m.bruto("IAM", 6), m.valor("IAM", 7)) == ("D", "77||1")


def test_an_allergy_is_new_to_fusion_whatever_it_knows_of_the_patient() -> None:
    c, outra = Conversa(), ALERGIA | {"alg_rowid": "77||2", "tipo_codigo": "PEN"}
    c.dizer(alergias=ALERGIA)
    (nova,) = c.dizer(alergias=[ALERGIA, outra])
    assert [(s.campo(6), nova.parte(s.campo(7))) for s in nova.de("IAM")] == [("A", "77||2")]
    _, *duas = Conversa().dizer(alergias=[ALERGIA, outra])
    assert len({m.valor("MSH", 10) for m in duas}) == 2


def test_a_diagnosis_entered_in_error_is_not_in_the_set() -> None:
    (_, m) = Conversa().dizer(
        admissoes=ADMISSAO, diagnosticos=[DIAGNOSTICO, DIAGNOSTICO | {"mrdia_rowid": "9||2", "mrdia_entrystatus": "E"}]
    )
    assert [s.campo(3) for s in m.de("DG1")] == ["E11.9^Diabetes^I10"]


def test_a_diagnosis_that_was_ruled_out_is_none() -> None:
    c = Conversa(com_catalogo(situacao_diagnostico=Catalogo(politica="padrao", padrao="CONFIRMADO", codigos={"4": "NAO_ENVIAR"})))
    (_, m) = c.dizer(admissoes=ADMISSAO, diagnosticos=DIAGNOSTICO)
    (depois,) = c.dizer(admissoes=ADMISSAO, diagnosticos=DIAGNOSTICO | {"mrdia_diagstat_dr": 4})
    assert len(m.de("DG1")) == 1 and eventos([depois]) == ["A08"] and not depois.de("DG1")


@pytest.mark.parametrize(("versao", "acoes"), [("2.4", []), ("2.5.1", ["D"]), ("2.7", ["D"])])
def test_a_diagnosis_that_was_sent_is_taken_back_as_the_version_says(versao: str, acoes: list[str]) -> None:
    c = Conversa(contexto(hl7={"versao": versao}))
    c.dizer(admissoes=ADMISSAO, diagnosticos=DIAGNOSTICO)
    (m,) = c.dizer(admissoes=ADMISSAO, diagnosticos=DIAGNOSTICO | {"mrdia_entrystatus": "E"})
    assert eventos([m]) == ["A08"] and [s.campo(21) for s in m.de("DG1")] == acoes


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
