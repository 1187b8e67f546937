"""Tasy: an attendance, its patient, stays and vital signs."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from include.fusion.change.replay import Pedido
from include.fusion.errors import PedidoInvalido, RegistroInvalido
from include.fusion.model.atendimento import SINAIS
from include.fusion.sistemas.tasy.system import SISTEMA, mapear_paciente
from tests.unit.tasy_apoio import (
    ALERGIA,
    COMPLEMENTO,
    CONVENIO,
    CTX,
    DIAGNOSTICO,
    ESTADA,
    EVOLUCAO,
    FUSO,
    ITEM,
    PACIENTE,
    PROCEDIMENTO,
    SINAL,
    aceito,
    ler,
)

# The attendance


def test_an_attendance_with_the_least_is_what_fusion_takes() -> None:
    lido = ler()
    assert (lido.tipo, lido.situacao, lido.data_inicio) == ("INTERNACAO", "EM_ATENDIMENTO", datetime(2026, 3, 1, 8, tzinfo=FUSO))
    assert aceito(lido).keys() >= {"codigo", "paciente", "tipo"}


def test_empty_rows_of_every_kind_are_taken() -> None:
    lido = ler(
        complementos=[COMPLEMENTO], movimentacoes=[ESTADA], diagnosticos=[DIAGNOSTICO], alergias=[ALERGIA], sinais_vitais=[SINAL],
        prescricoes=[ITEM], procedimentos=[PROCEDIMENTO], evolucoes=[EVOLUCAO | {"ds_evolucao": None}], convenios=[dict.fromkeys(CONVENIO)],
    )  # fmt: skip
    assert aceito(lido) and lido.sinais_vitais == () and lido.evolucoes == () and len(lido.prescricoes) == 1


@pytest.mark.parametrize(("codigo", "tipo"), [(1, "INTERNACAO"), (3, "URGENCIA"), (Decimal(7), "EXTERNO"), (8, "AMBULATORIAL")])
def test_kinds_of_attendance(codigo: Any, tipo: str) -> None:
    assert ler({"ie_tipo_atendimento": codigo}).tipo == tipo


@pytest.mark.parametrize(
    "valores", [{"ie_tipo_atendimento": 99}, {"ie_tipo_atendimento": None}, {"dt_entrada": None}, {"dt_alta": datetime(9999, 1, 1)}]
)
def test_what_cannot_be_an_attendance_is_refused(valores: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"tipo|data"):
        ler(valores)


def test_a_discharge_with_its_reason() -> None:
    alta = {
        "dt_alta": datetime(2026, 3, 5, 12),
        "dt_alta_medico": datetime(2026, 3, 5, 11),
        "cd_motivo_alta": 1,
        "ds_motivo_alta": "Melhorado",
    }
    lido = ler(alta | {"ie_obito": "N"})
    assert (lido.situacao, lido.motivo_alta, lido.data_alta_medica) == ("FINALIZADO", "1", datetime(2026, 3, 5, 11, tzinfo=FUSO))
    assert ler(alta | {"ie_obito": "S"}).motivo_alta == "OBITO"


def test_a_reason_left_behind_by_a_cancelled_discharge_says_nothing() -> None:
    assert ler({"cd_motivo_alta": 1, "ie_obito": "S"}).motivo_alta is None


@pytest.mark.parametrize(("codigo", "carater"), [("01", "ELETIVO"), ("02", "URGENCIA"), (2, "URGENCIA"), ("05", "URGENCIA"), (None, None)])
def test_urgency(codigo: Any, carater: str | None) -> None:
    assert ler({"ie_carater_inter_sus": codigo}).carater == carater


def test_the_last_payer_counts() -> None:
    assert ler(convenios=[CONVENIO, {"cd_convenio": 1, "ds_convenio": "SUS"}]).convenio == "SUS"


# Keys


def test_a_stored_key_is_what_its_origin_compares_with() -> None:
    chaves = {o.nome: SISTEMA.chave_de(o, "0012") for o in SISTEMA.origens}
    assert {nome for nome, chave in chaves.items() if chave == "0012"} == {"paciente", "complemento", "primeiro_atendimento"}
    assert {chave for nome, chave in chaves.items() if nome not in ("paciente", "complemento", "primeiro_atendimento")} == {12}


def test_a_form_takes_a_patients_code_as_text() -> None:
    pedido = Pedido.de_params({"atendimento": "12", "paciente": "0012"}, SISTEMA)
    assert (pedido.filtros(SISTEMA)["atendimento"], pedido.filtros(SISTEMA)["paciente"]) == (12, "0012")
    with pytest.raises(PedidoInvalido, match="'atendimento'"):
        Pedido.de_params({"atendimento": "x"}, SISTEMA)


# People


def test_a_patient_with_home_mother_and_father() -> None:
    casa = {
        "ds_endereco": "Rua A",
        "nr_endereco": 10,
        "cd_cep": "40000-000",
        "sg_estado": "BA",
        "ds_email": "a@exemplo.com",
        "nr_telefone": "(71) 3333-4444",
    }
    complementos = [
        COMPLEMENTO | casa,
        COMPLEMENTO | {"ie_tipo_complemento": 5, "nm_contato": "Mãe de Teste"},
        COMPLEMENTO | {"ie_tipo_complemento": Decimal(4), "nm_contato": "Pai de Teste"},
        COMPLEMENTO | {"ie_tipo_complemento": 2, "ds_endereco": "Trabalho"},
    ]
    dados = {"paciente": [PACIENTE | {"nr_ddd_celular": "71", "nr_telefone_celular": "99999-8888", "dt_obito": datetime(2026, 2, 1)}]}
    lido = mapear_paciente({**dados, "complementos": complementos}, CTX)
    assert (lido.nome_mae, lido.nome_pai, lido.data_obito) == ("Mãe de Teste", "Pai de Teste", date(2026, 2, 1))
    assert lido.endereco and (lido.endereco.logradouro, lido.endereco.numero, lido.endereco.cep) == ("Rua A", "10", "40000000")
    assert {c.tipo: c.valor for c in lido.contatos} == {"CELULAR": "71999998888", "RESIDENCIAL": "7133334444", "EMAIL": "a@exemplo.com"}


def test_of_two_homes_the_newest_counts() -> None:
    lido = ler(complementos=[COMPLEMENTO | {"ds_endereco": "Velha"}, COMPLEMENTO | {"nr_sequencia": 2, "ds_endereco": "Nova"}])
    assert lido.paciente.endereco and lido.paciente.endereco.logradouro == "Nova"


@pytest.mark.parametrize(
    ("cor", "raca"), [("Parda", "PARDA"), ("PRETO", "PRETA"), ("indígena", "INDIGENA"), ("Azul", "IGNORADA"), (None, None)]
)
def test_race_by_the_name_behind_the_sites_own_number(cor: str | None, raca: str | None) -> None:
    assert ler({"nr_seq_cor_pele": cor and 17, "ds_cor_pele": cor}).paciente.raca_cor == raca


@pytest.mark.parametrize(("crm", "conselho"), [("20056", "CRM"), (None, None)])
def test_only_a_physician_has_a_council(crm: str | None, conselho: str | None) -> None:
    prof = ler(
        {"profissional_codigo": "9", "profissional_nome": "Profissional", "profissional_crm": crm, "profissional_uf": "BA"}
    ).profissional
    assert prof and (prof.conselho, prof.numero_conselho, prof.uf_conselho) == (conselho, crm, crm and "BA")


# Stays


def test_stays_are_in_order_and_the_open_one_is_where_the_patient_is() -> None:
    lido = ler(
        movimentacoes=[
            ESTADA | {"nr_seq_interno": 9, "dt_entrada_unidade": datetime(2026, 3, 2), "ds_setor_atendimento": "UTI Adulto", "cd_unidade_basica": " 901 ",
                      "cd_unidade_compl": "B"},
            ESTADA | {"nr_seq_interno": 4, "dt_saida_unidade": datetime(2026, 3, 2), "ds_setor_atendimento": "Enfermaria", "cd_unidade_basica": "12"},
        ]
    )  # fmt: skip
    primeira, segunda = lido.movimentacoes_leito
    assert (primeira.codigo, primeira.tipo, primeira.leito, primeira.uti) == ("4", "INTERNACAO", "12", False)
    assert (segunda.tipo, segunda.leito, segunda.leito_anterior, segunda.uti) == ("TRANSFERENCIA", "901-B", "12", True)
    assert (lido.leito, lido.setor) == ("901-B", "UTI Adulto")


@pytest.mark.parametrize(
    ("setor", "uti"),
    [
        ("CTI 2", True),
        ("Centro de Terapia Intensiva", True),
        ("Rotina", False),
        ("UTI1", True),
        ("Semi UTI", False),
        ("Semi  UTI", False),
        ("UTI Semi-intensiva", False),
        ("UTILIDADES", False),
        (None, False),
    ],
)
def test_an_icu_is_told_by_its_name(setor: str | None, uti: bool) -> None:
    assert ler(movimentacoes=[ESTADA | {"ds_setor_atendimento": setor}]).movimentacoes_leito[0].uti is uti


# Vital signs


def _sinais(**valores: Any) -> dict[str, Any]:
    return {s.sinal: s for s in ler(sinais_vitais=[SINAL | valores]).sinais_vitais}


def test_each_column_is_a_sign_of_its_own() -> None:
    lidos = _sinais(
        qt_pa_sistolica=120, qt_pa_diastolica=80, qt_pam=93, qt_freq_cardiaca=75, qt_freq_resp=16, qt_temp=Decimal("36.5"), qt_saturacao_o2=Decimal("97.00"),
        qt_peso=Decimal("72.500"), qt_altura_cm=170, qt_glicemia_capilar=98, qt_escala_dor=0,
    )  # fmt: skip
    assert {nome: s.valor for nome, s in lidos.items()} == {
        "PRESSAO_SISTOLICA": 120, "PRESSAO_DIASTOLICA": 80, "PRESSAO_MEDIA": 93, "FREQUENCIA_CARDIACA": 75, "FREQUENCIA_RESPIRATORIA": 16,
        "TEMPERATURA": 36.5, "SATURACAO_O2": 97, "PESO": 72.5, "ALTURA": 170, "GLICEMIA_CAPILAR": 98, "DOR": 0,
    }  # fmt: skip
    assert all(s.unidade == SINAIS[nome] and s.codigo == f"5-{nome}" for nome, s in lidos.items())


@pytest.mark.parametrize(
    ("valores", "esperado"),
    [
        ({"qt_peso": 3250, "ie_unid_med_peso": "g"}, 3.25), ({"qt_peso": 72.5, "ie_unid_med_peso": "Kg "}, 72.5), ({"qt_peso": 72.5}, 72.5),
        ({"qt_altura_cm": Decimal("1.72"), "ie_unid_med_altura": "m"}, 172), ({"qt_altura_cm": 1.72}, 172), ({"qt_altura_cm": 51, "ie_unid_med_altura": "CM"}, 51),
    ],
)  # fmt: skip
def test_weight_and_height_say_their_unit(valores: dict[str, Any], esperado: float) -> None:
    assert [s.valor for s in _sinais(**valores).values()] == [esperado]


@pytest.mark.parametrize(
    "valores",
    [{"qt_temp": 365}, {"qt_pa_sistolica": 12}, {"qt_saturacao_o2": 101}, {"qt_peso": 72500}, {"qt_peso": 150, "ie_unid_med_peso": "lb"}, {"qt_escala_dor": 11},
     {"qt_peso": 2, "ie_unid_med_peso": "cm"}],
)  # fmt: skip
def test_a_value_that_cannot_be_trusted_refuses_the_record(valores: dict[str, Any]) -> None:
    with pytest.raises(RegistroInvalido):
        _sinais(**valores)


def test_the_professional_of_a_sign_is_no_patient() -> None:
    (sinal,) = _sinais(qt_temp=36.5, sinal_paciente="1001", profissional_codigo="77", profissional_nome="Enfermeira").values()
    assert sinal.profissional and sinal.profissional.codigo == "77"


def test_a_sign_of_another_patient_is_never_sent_and_says_why() -> None:
    with pytest.raises(RegistroInvalido, match=r"sinaisVitais.paciente: não é o paciente do atendimento \(sinal vital 5\)"):
        _sinais(qt_temp=36.5, sinal_paciente="2002")


def test_a_sign_without_a_moment_was_never_taken() -> None:
    assert _sinais(qt_temp=36.5, dt_sinal_vital=None) == {}
