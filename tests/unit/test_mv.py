"""MV: moments, course and patient of an attendance."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from include.fusion.errors import CodigoSemDePara, RegistroInvalido, motivo_de
from include.fusion.mapping import dates
from include.fusion.sistemas.mv.system import mapear_paciente
from sandbox.fusion import contrato
from tests.unit.mv_apoio import (
    ALERGIA,
    ANTIGA,
    CTX,
    DIAGNOSTICO,
    DOCUMENTO,
    FUSO,
    ITEM,
    MOVIMENTO,
    NOTA,
    PACIENTE,
    SINAL,
    VAZIAS,
    aceito,
    contexto,
    ler,
)

# Two columns, one moment (trap 8)


@pytest.mark.parametrize("ano", [1, 1899, 1970, 2031])
def test_the_clock_of_hr_joins_the_day_of_dt_whatever_date_hr_carries(ano: int) -> None:
    lido = ler(atendimento={"hr_atendimento": datetime(ano, 5, 6, 14, 30, 5)})
    assert lido.data_inicio.isoformat() == "2026-03-01T14:30:05-03:00"


def test_without_hr_the_day_column_stands_as_it_is() -> None:
    assert ler().data_inicio.isoformat() == "2026-03-01T00:00:00-03:00"
    assert ler(atendimento={"dt_atendimento": datetime(2026, 3, 1, 10, 5)}).data_inicio.isoformat() == "2026-03-01T10:05:00-03:00"


def test_a_time_without_its_day_is_nothing() -> None:
    assert ler(atendimento={"hr_alta": datetime(2026, 3, 2, 10)}).data_fim is None


@pytest.mark.parametrize("hora", [time(8, 30), "08:30", "08:30:00", "1900-01-01 08:30:00", "01/01/1900 08:30", datetime(1900, 1, 1, 8, 30)])
def test_any_form_of_a_time_is_read(hora: Any) -> None:
    assert dates.data_e_hora(date(2026, 3, 1), hora, FUSO, "x") == datetime(2026, 3, 1, 8, 30, tzinfo=FUSO)


@pytest.mark.parametrize("hora", ["8 e meia", "25:00", 830, date(2026, 3, 1)])
def test_what_is_no_time_is_refused(hora: Any) -> None:
    with pytest.raises(RegistroInvalido, match="x: "):
        dates.data_e_hora(date(2026, 3, 1), hora, FUSO, "x")


@pytest.mark.parametrize(
    ("fuso", "dia", "esperado"),
    [
        ("America/Bahia", datetime(2026, 1, 15), "-03:00"),
        ("America/Bahia", datetime(2012, 1, 15), "-02:00"),
        ("America/Sao_Paulo", datetime(2019, 1, 15), "-02:00"),
        ("America/Sao_Paulo", datetime(2020, 1, 15), "-03:00"),
        ("America/Rio_Branco", datetime(2026, 1, 15), "-05:00"),
    ],
)
def test_a_date_without_zone_gets_the_offset_that_the_place_had_then(fuso: str, dia: datetime, esperado: str) -> None:
    lido = ler(contexto(ZoneInfo(fuso)), {"dt_atendimento": dia, "hr_atendimento": datetime(1900, 1, 1, 12)})
    assert lido.data_inicio.isoformat() == f"{dia:%Y-%m-%d}T12:00:00{esperado}"


# Attendance


@pytest.mark.parametrize(
    ("sigla", "tipo"),
    [("I", "INTERNACAO"), ("U", "URGENCIA"), ("A", "AMBULATORIAL"), ("E", "EXTERNO"), ("H", "DOMICILIAR"), ("S", "INTERNACAO")],
)
def test_kinds_of_attendance(sigla: str, tipo: str) -> None:
    assert ler(atendimento={"tp_atendimento": sigla}).tipo == tipo


def test_an_unknown_kind_of_attendance_is_refused_by_name() -> None:
    with pytest.raises(CodigoSemDePara, match="tipo_atendimento"):
        ler(atendimento={"tp_atendimento": "Z"})


ALTA = {"dt_alta": datetime(2026, 3, 4), "hr_alta": datetime(1900, 1, 1, 11, 20), "cd_mot_alt": 4, "tp_mot_alta": "A"}


def test_a_discharge_ends_the_attendance() -> None:
    lido = ler(atendimento=ALTA | {"dt_alta_medica": datetime(2026, 3, 4), "hr_alta_medica": datetime(1900, 1, 1, 9)})
    assert (lido.situacao, lido.motivo_alta) == ("FINALIZADO", "ALTA")
    assert lido.data_fim == datetime(2026, 3, 4, 11, 20, tzinfo=FUSO)
    assert lido.data_alta_medica == datetime(2026, 3, 4, 9, tzinfo=FUSO)


def test_a_cancelled_discharge_reopens_it_whatever_it_left_behind() -> None:
    lido = ler(atendimento=ALTA | {"dt_alta": None})
    assert (lido.situacao, lido.data_fim, lido.motivo_alta) == ("EM_ATENDIMENTO", None, None)


def test_a_medical_discharge_alone_does_not_end_it() -> None:
    lido = ler(atendimento={"dt_alta_medica": datetime(2026, 3, 4, 9), "cd_mot_alt": 3, "tp_mot_alta": "T"})
    assert (lido.situacao, lido.motivo_alta) == ("EM_ATENDIMENTO", "TRANSFERENCIA")


@pytest.mark.parametrize(
    ("colunas", "motivo"),
    [
        ({"cd_mot_alt": 11, "tp_mot_alta": "O"}, "OBITO"),
        ({"cd_mot_alt": None, "tp_mot_alta": None, "sn_obito": "S"}, "OBITO"),
        ({"cd_mot_alt": 77, "tp_mot_alta": None}, "77"),
        ({"cd_mot_alt": None, "tp_mot_alta": None}, None),
    ],
)
def test_the_reason_goes_by_code_then_by_kind_then_by_death(colunas: dict[str, Any], motivo: str | None) -> None:
    assert ler(atendimento=ALTA | colunas).motivo_alta == motivo


def test_place_payer_and_professional() -> None:
    lido = ler(
        atendimento={
            "cd_leito": Decimal(33), "ds_unid_int": "UTI adulto", "ds_ori_ate": "Pronto-socorro", "cd_convenio": 1, "nm_convenio": "Plano Exemplo",
            "ds_especialid": "Clínica médica", "tp_carater_internacao": "U", "prestador_codigo": 12, "prestador_nome": "Profissional Exemplo",
            "prestador_cpf": "52998224725", "prestador_cbo": "2251-25", "prestador_registro": "12345", "prestador_conselho": 1,
        }
    )  # fmt: skip
    assert (lido.leito, lido.setor, lido.convenio, lido.carater) == ("33", "UTI adulto", "Plano Exemplo", "URGENCIA")
    assert lido.profissional is not None and lido.profissional.cbo == "225125" and lido.profissional.cpf == "52998224725"


def test_where_there_is_no_bed_the_origin_is_the_place() -> None:
    assert ler(atendimento={"ds_ori_ate": "Pronto-socorro"}).setor == "Pronto-socorro"


def test_a_company_that_provides_is_sent_without_its_tax_number() -> None:
    lido = ler(atendimento={"prestador_codigo": 12, "prestador_nome": "Clínica Exemplo", "prestador_cpf": "11.222.333/0001-81"})
    assert lido.profissional is not None and lido.profissional.cpf is None


# Patient


def _paciente(**colunas: Any) -> Any:
    return mapear_paciente({"paciente": [PACIENTE | colunas]}, CTX)


@pytest.mark.parametrize("primeiro", [None, "", "  "])
def test_either_column_may_hold_the_health_card_and_an_empty_text_is_null(primeiro: str | None) -> None:
    assert _paciente(nr_cns=primeiro, cd_cns="700000000000005").cns == "700000000000005"


def test_the_first_column_of_the_health_card_wins() -> None:
    assert _paciente(nr_cns="700000000000005", cd_cns="123").cns == "700000000000005"


def test_null_and_empty_text_give_the_same_patient() -> None:
    vazio = {c: "" for c, v in PACIENTE.items() if v is None and not c.startswith(("dt_", "nr_endereco"))}
    assert _paciente(**vazio) == _paciente()


@pytest.mark.parametrize(("usa", "nome"), [("S", "Nome Social"), ("N", None), (None, None), ("", None)])
def test_the_social_name_counts_only_where_it_is_used(usa: str | None, nome: str | None) -> None:
    assert _paciente(nm_social_paciente="Nome Social", sn_utiliza_nome_social=usa).nome_social == nome


@pytest.mark.parametrize(
    ("ddd", "numero", "inteiro"),
    [
        ("71", "99999-0000", "71999990000"),
        ("071", "3333-0000", "7133330000"),
        (71, "99999-0000", "71999990000"),
        (None, "33330000", "33330000"),
        ("71", "(71) 99999-0000", "71999990000"),
        ("71", None, None),
        ("71", "não tem", None),
    ],
)
def test_phones_join_area_and_number_once(ddd: Any, numero: str | None, inteiro: str | None) -> None:
    contatos = {c.tipo: c.valor for c in _paciente(nr_ddd_celular=ddd, nr_celular=numero).contatos}
    assert contatos.get("CELULAR") == inteiro


def test_the_address_is_cleaned() -> None:
    endereco = _paciente(
        ds_endereco=" Rua Exemplo ", nr_endereco=Decimal(12), nr_cep="40000-000", cd_uf="ba", cd_ibge="2927408", nm_cidade="Salvador"
    ).endereco
    assert (endereco.logradouro, endereco.numero, endereco.cep, endereco.uf, endereco.codigo_ibge) == (
        "Rua Exemplo", "12", "40000000", "BA", "2927408",
    )  # fmt: skip


def test_a_wrong_document_is_named_as_the_patients_and_not_shown() -> None:
    with pytest.raises(RegistroInvalido) as erro:
        ler(atendimento={"nr_cpf": "123.456.789-00"})
    assert motivo_de(erro.value) == "paciente.cpf: CPF inválido"


def test_a_patient_that_is_gone_is_a_reason() -> None:
    with pytest.raises(RegistroInvalido, match="não existe mais"):
        mapear_paciente({}, CTX)


# Whole records


def test_null_wherever_the_schema_allows_it_is_a_valid_record() -> None:
    enviado = aceito(ler(**{nome: [linha] for nome, linha in VAZIAS.items()}))
    assert enviado["situacao"] == "EM_ATENDIMENTO" and len(enviado["movimentacoesLeito"]) == len(enviado["prescricoes"]) == 1


def test_a_record_with_every_kind_of_item_is_what_fusion_takes() -> None:
    lido = ler(
        atendimento=ALTA | {"cd_cid": "J189", "nr_cpf": "52998224725", "dt_nascimento": datetime(1980, 2, 29), "tp_cor": "P"},
        movimentacoes=[MOVIMENTO], diagnosticos=[DIAGNOSTICO | {"cd_cid": "I10"}], alergias=[ALERGIA | {"ds_substancia": "Dipirona"}],
        alergias_antigas=[ANTIGA | {"ds_substancia": "Iodo"}], evolucoes=[DOCUMENTO], evolucoes_prescricao=[NOTA],
        prescricoes=[ITEM, ITEM | {"cd_itpre_med": 7, "sn_exa_lab": "S"}],
        sinais_vitais=[SINAL, SINAL | {"cd_sinal_vital": 6, "ds_sinal_vital": "PA", "valor": "120/80"}],
    )  # fmt: skip
    enviado = aceito(lido)
    quantos = {k: len(v) for k, v in enviado.items() if isinstance(v, list) and v}
    assert quantos == {
        "movimentacoesLeito": 1, "diagnosticos": 2, "alergias": 2, "evolucoes": 2, "prescricoes": 1, "solicitacoesExame": 1, "sinaisVitais": 3,
    }  # fmt: skip
    assert datetime.fromisoformat(enviado["dataInicio"]) == datetime(2026, 3, 1, 3, tzinfo=UTC)
    assert [e.message for e in contrato.validador("Paciente").iter_errors(enviado["paciente"])] == []
