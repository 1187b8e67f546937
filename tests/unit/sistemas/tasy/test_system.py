"""Tasy: an attendance, its patient, stays and vital signs."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from include.fusion.change.replay import ReplayRequest
from include.fusion.errors import InvalidRecord, InvalidRequest
from include.fusion.model.atendimento import SINAIS
from include.fusion.sistemas.tasy.system import SYSTEM, map_paciente
from tests.unit.sistemas.tasy.rows import (
    ALERGIA,
    COMPLEMENT,
    CONVENIO,
    CTX,
    DIAGNOSTICO,
    EVOLUCAO,
    ITEM,
    PACIENTE,
    PROCEDIMENTO,
    SINAL,
    STAY,
    ZONE,
    accept,
    read,
)

# The attendance


def test_an_attendance_with_the_least_is_what_fusion_takes() -> None:
    read_item = read()
    assert (read_item.tipo, read_item.situacao, read_item.data_inicio) == (
        "INTERNACAO",
        "EM_ATENDIMENTO",
        datetime(2026, 3, 1, 8, tzinfo=ZONE),
    )
    assert accept(read_item).keys() >= {"codigo", "paciente", "tipo"}


def test_empty_rows_of_every_kind_are_taken() -> None:
    read_item = read(
        complementos=[COMPLEMENT], movimentacoes=[STAY], diagnosticos=[DIAGNOSTICO], alergias=[ALERGIA], sinais_vitais=[SINAL],
        prescricoes=[ITEM], procedimentos=[PROCEDIMENTO], evolucoes=[EVOLUCAO | {"ds_evolucao": None}], convenios=[dict.fromkeys(CONVENIO)],
    )  # fmt: skip
    assert accept(read_item) and read_item.sinais_vitais == () and read_item.evolucoes == () and len(read_item.prescricoes) == 1


@pytest.mark.parametrize(("codigo", "tipo"), [(1, "INTERNACAO"), (3, "URGENCIA"), (Decimal(7), "EXTERNO"), (8, "AMBULATORIAL")])
def test_kinds_of_attendance(codigo: Any, tipo: str) -> None:
    assert read({"ie_tipo_atendimento": codigo}).tipo == tipo


@pytest.mark.parametrize(
    "values", [{"ie_tipo_atendimento": 99}, {"ie_tipo_atendimento": None}, {"dt_entrada": None}, {"dt_alta": datetime(9999, 1, 1)}]
)
def test_what_cannot_be_an_attendance_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"tipo|data"):
        read(values)


def test_a_discharge_with_its_reason() -> None:
    alta = {
        "dt_alta": datetime(2026, 3, 5, 12),
        "dt_alta_medico": datetime(2026, 3, 5, 11),
        "cd_motivo_alta": 1,
        "ds_motivo_alta": "Melhorado",
    }
    read_item = read(alta | {"ie_obito": "N"})
    assert (read_item.situacao, read_item.motivo_alta, read_item.data_alta_medica) == (
        "FINALIZADO",
        "1",
        datetime(2026, 3, 5, 11, tzinfo=ZONE),
    )
    assert read(alta | {"ie_obito": "S"}).motivo_alta == "OBITO"


def test_a_reason_left_behind_by_a_cancelled_discharge_says_nothing() -> None:
    assert read({"cd_motivo_alta": 1, "ie_obito": "S"}).motivo_alta is None


@pytest.mark.parametrize(("codigo", "carater"), [("01", "ELETIVO"), ("02", "URGENCIA"), (2, "URGENCIA"), ("05", "URGENCIA"), (None, None)])
def test_urgency(codigo: Any, carater: str | None) -> None:
    assert read({"ie_carater_inter_sus": codigo}).carater == carater


def test_the_last_payer_counts() -> None:
    assert read(convenios=[CONVENIO, {"cd_convenio": 1, "ds_convenio": "SUS"}]).convenio == "SUS"


# Keys


def test_a_stored_key_is_what_its_origin_compares_with() -> None:
    keys = {o.nome: SYSTEM.key_of(o, "0012") for o in SYSTEM.origins}
    assert {name for name, key in keys.items() if key == "0012"} == {"paciente", "complemento", "primeiro_atendimento"}
    assert {key for name, key in keys.items() if name not in ("paciente", "complemento", "primeiro_atendimento")} == {12}


def test_a_form_takes_a_patients_code_as_text() -> None:
    request = ReplayRequest.from_params({"atendimento": "12", "paciente": "0012"}, SYSTEM)
    assert (request.filters(SYSTEM)["atendimento"], request.filters(SYSTEM)["paciente"]) == (12, "0012")
    with pytest.raises(InvalidRequest, match="'atendimento'"):
        ReplayRequest.from_params({"atendimento": "x"}, SYSTEM)


# People


def test_a_patient_with_home_mother_and_father() -> None:
    home = {
        "ds_endereco": "Rua A",
        "nr_endereco": 10,
        "cd_cep": "40000-000",
        "sg_estado": "BA",
        "ds_email": "a@exemplo.com",
        "nr_telefone": "(71) 3333-4444",
    }
    complements = [
        COMPLEMENT | home,
        COMPLEMENT | {"ie_tipo_complemento": 5, "nm_contato": "Mãe de Teste"},
        COMPLEMENT | {"ie_tipo_complemento": Decimal(4), "nm_contato": "Pai de Teste"},
        COMPLEMENT | {"ie_tipo_complemento": 2, "ds_endereco": "Trabalho"},
    ]
    data = {"paciente": [PACIENTE | {"nr_ddd_celular": "71", "nr_telefone_celular": "99999-8888", "dt_obito": datetime(2026, 2, 1)}]}
    read_item = map_paciente({**data, "complementos": complements}, CTX)
    assert (read_item.nome_mae, read_item.nome_pai, read_item.data_obito) == ("Mãe de Teste", "Pai de Teste", date(2026, 2, 1))
    assert read_item.endereco and (read_item.endereco.logradouro, read_item.endereco.numero, read_item.endereco.cep) == (
        "Rua A",
        "10",
        "40000000",
    )
    assert {c.tipo: c.valor for c in read_item.contatos} == {
        "CELULAR": "71999998888",
        "RESIDENCIAL": "7133334444",
        "EMAIL": "a@exemplo.com",
    }


def test_of_two_homes_the_newest_counts() -> None:
    read_item = read(complementos=[COMPLEMENT | {"ds_endereco": "Velha"}, COMPLEMENT | {"nr_sequencia": 2, "ds_endereco": "Nova"}])
    assert read_item.paciente.endereco and read_item.paciente.endereco.logradouro == "Nova"


@pytest.mark.parametrize(
    ("cor", "raca"), [("Parda", "PARDA"), ("PRETO", "PRETA"), ("indígena", "INDIGENA"), ("Azul", "IGNORADA"), (None, None)]
)
def test_race_by_the_name_behind_the_sites_own_number(cor: str | None, raca: str | None) -> None:
    assert read({"nr_seq_cor_pele": cor and 17, "ds_cor_pele": cor}).paciente.raca_cor == raca


@pytest.mark.parametrize(("crm", "conselho"), [("20056", "CRM"), (None, None)])
def test_only_a_physician_has_a_council(crm: str | None, conselho: str | None) -> None:
    prof = read(
        {"profissional_codigo": "9", "profissional_nome": "Profissional", "profissional_crm": crm, "profissional_uf": "BA"}
    ).profissional
    assert prof and (prof.conselho, prof.numero_conselho, prof.uf_conselho) == (conselho, crm, crm and "BA")


# Stays


def test_stays_are_in_order_and_the_open_one_is_where_the_patient_is() -> None:
    read_item = read(
        movimentacoes=[
            STAY | {"nr_seq_interno": 9, "dt_entrada_unidade": datetime(2026, 3, 2), "ds_setor_atendimento": "UTI Adulto", "cd_unidade_basica": " 901 ",
                      "cd_unidade_compl": "B"},
            STAY | {"nr_seq_interno": 4, "dt_saida_unidade": datetime(2026, 3, 2), "ds_setor_atendimento": "Enfermaria", "cd_unidade_basica": "12"},
        ]
    )  # fmt: skip
    first, second_time = read_item.movimentacoes_leito
    assert (first.codigo, first.tipo, first.leito, first.uti) == ("4", "INTERNACAO", "12", False)
    assert (second_time.tipo, second_time.leito, second_time.leito_anterior, second_time.uti) == ("TRANSFERENCIA", "901-B", "12", True)
    assert (read_item.leito, read_item.setor) == ("901-B", "UTI Adulto")


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
    assert read(movimentacoes=[STAY | {"ds_setor_atendimento": setor}]).movimentacoes_leito[0].uti is uti


# Vital signs


def _sinais(**values: Any) -> dict[str, Any]:
    return {s.sinal: s for s in read(sinais_vitais=[SINAL | values]).sinais_vitais}


def test_each_column_is_a_sign_of_its_own() -> None:
    read_items = _sinais(
        qt_pa_sistolica=120, qt_pa_diastolica=80, qt_pam=93, qt_freq_cardiaca=75, qt_freq_resp=16, qt_temp=Decimal("36.5"), qt_saturacao_o2=Decimal("97.00"),
        qt_peso=Decimal("72.500"), qt_altura_cm=170, qt_glicemia_capilar=98, qt_escala_dor=0,
    )  # fmt: skip
    assert {name: s.valor for name, s in read_items.items()} == {
        "PRESSAO_SISTOLICA": 120, "PRESSAO_DIASTOLICA": 80, "PRESSAO_MEDIA": 93, "FREQUENCIA_CARDIACA": 75, "FREQUENCIA_RESPIRATORIA": 16,
        "TEMPERATURA": 36.5, "SATURACAO_O2": 97, "PESO": 72.5, "ALTURA": 170, "GLICEMIA_CAPILAR": 98, "DOR": 0,
    }  # fmt: skip
    assert all(s.unidade == SINAIS[name] and s.codigo == f"5-{name}" for name, s in read_items.items())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"qt_peso": 3250, "ie_unid_med_peso": "g"}, 3.25), ({"qt_peso": 72.5, "ie_unid_med_peso": "Kg "}, 72.5), ({"qt_peso": 72.5}, 72.5),
        ({"qt_altura_cm": Decimal("1.72"), "ie_unid_med_altura": "m"}, 172), ({"qt_altura_cm": 1.72}, 172), ({"qt_altura_cm": 51, "ie_unid_med_altura": "CM"}, 51),
    ],
)  # fmt: skip
def test_weight_and_height_say_their_unit(values: dict[str, Any], expected: float) -> None:
    assert [s.valor for s in _sinais(**values).values()] == [expected]


@pytest.mark.parametrize(
    "values",
    [{"qt_temp": 365}, {"qt_pa_sistolica": 12}, {"qt_saturacao_o2": 101}, {"qt_peso": 72500}, {"qt_peso": 150, "ie_unid_med_peso": "lb"}, {"qt_escala_dor": 11},
     {"qt_peso": 2, "ie_unid_med_peso": "cm"}],
)  # fmt: skip
def test_a_value_that_cannot_be_trusted_refuses_the_record(values: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecord):
        _sinais(**values)


def test_the_professional_of_a_sign_is_no_patient() -> None:
    (sinal,) = _sinais(qt_temp=36.5, sinal_paciente="1001", profissional_codigo="77", profissional_nome="Enfermeira").values()
    assert sinal.profissional and sinal.profissional.codigo == "77"


def test_a_sign_of_another_patient_is_never_sent_and_says_why() -> None:
    with pytest.raises(InvalidRecord, match=r"sinaisVitais.paciente: não é o paciente do atendimento \(sinal vital 5\)"):
        _sinais(qt_temp=36.5, sinal_paciente="2002")


def test_a_sign_without_a_moment_was_never_taken() -> None:
    assert _sinais(qt_temp=36.5, dt_sinal_vital=None) == {}
