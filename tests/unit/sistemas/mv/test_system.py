"""MV: moments, course and patient of an attendance."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from include.fusion.errors import CodeWithoutDePara, InvalidRecord, reason_of
from include.fusion.mapping import dates
from include.fusion.sistemas.mv.system import map_paciente
from sandbox.fusion import contrato
from tests.unit.sistemas.mv.rows import (
    ALERGIA,
    CTX,
    DIAGNOSTICO,
    DOCUMENT,
    ITEM,
    MOVEMENT,
    NOTE,
    OLD_NAME,
    PACIENTE,
    SINAL,
    VAZIAS,
    ZONE,
    accept,
    context,
    read,
)

# Two columns, one moment (trap 8)


@pytest.mark.parametrize("year", [1, 1899, 1970, 2031])
def test_the_clock_of_hr_joins_the_day_of_dt_whatever_date_hr_carries(year: int) -> None:
    read_item = read(atendimento={"hr_atendimento": datetime(year, 5, 6, 14, 30, 5)})
    assert read_item.data_inicio.isoformat() == "2026-03-01T14:30:05-03:00"


def test_without_hr_the_day_column_stands_as_it_is() -> None:
    assert read().data_inicio.isoformat() == "2026-03-01T00:00:00-03:00"
    assert read(atendimento={"dt_atendimento": datetime(2026, 3, 1, 10, 5)}).data_inicio.isoformat() == "2026-03-01T10:05:00-03:00"


def test_a_time_without_its_day_is_nothing() -> None:
    assert read(atendimento={"hr_alta": datetime(2026, 3, 2, 10)}).data_fim is None


@pytest.mark.parametrize("hour", [time(8, 30), "08:30", "08:30:00", "1900-01-01 08:30:00", "01/01/1900 08:30", datetime(1900, 1, 1, 8, 30)])
def test_any_form_of_a_time_is_read(hour: Any) -> None:
    assert dates.date_and_time(date(2026, 3, 1), hour, ZONE, "x") == datetime(2026, 3, 1, 8, 30, tzinfo=ZONE)


@pytest.mark.parametrize("hour", ["8 e meia", "25:00", 830, date(2026, 3, 1)])
def test_what_is_no_time_is_refused(hour: Any) -> None:
    with pytest.raises(InvalidRecord, match="x: "):
        dates.date_and_time(date(2026, 3, 1), hour, ZONE, "x")


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("America/Bahia", datetime(2026, 1, 15), "-03:00"),
        ("America/Bahia", datetime(2012, 1, 15), "-02:00"),
        ("America/Sao_Paulo", datetime(2019, 1, 15), "-02:00"),
        ("America/Sao_Paulo", datetime(2020, 1, 15), "-03:00"),
        ("America/Rio_Branco", datetime(2026, 1, 15), "-05:00"),
    ],
)
def test_a_date_without_zone_gets_the_offset_that_the_place_had_then(zone: str, day: datetime, expected: str) -> None:
    read_item = read(context(ZoneInfo(zone)), {"dt_atendimento": day, "hr_atendimento": datetime(1900, 1, 1, 12)})
    assert read_item.data_inicio.isoformat() == f"{day:%Y-%m-%d}T12:00:00{expected}"


# Attendance


@pytest.mark.parametrize(
    ("abbreviation", "tipo"),
    [("I", "INTERNACAO"), ("U", "URGENCIA"), ("A", "AMBULATORIAL"), ("E", "EXTERNO"), ("H", "DOMICILIAR"), ("S", "INTERNACAO")],
)
def test_kinds_of_attendance(abbreviation: str, tipo: str) -> None:
    assert read(atendimento={"tp_atendimento": abbreviation}).tipo == tipo


def test_an_unknown_kind_of_attendance_is_refused_by_name() -> None:
    with pytest.raises(CodeWithoutDePara, match="tipo_atendimento"):
        read(atendimento={"tp_atendimento": "Z"})


ALTA = {"dt_alta": datetime(2026, 3, 4), "hr_alta": datetime(1900, 1, 1, 11, 20), "cd_mot_alt": 4, "tp_mot_alta": "A"}


def test_a_discharge_ends_the_attendance() -> None:
    read_item = read(atendimento=ALTA | {"dt_alta_medica": datetime(2026, 3, 4), "hr_alta_medica": datetime(1900, 1, 1, 9)})
    assert (read_item.situacao, read_item.motivo_alta) == ("FINALIZADO", "ALTA")
    assert read_item.data_fim == datetime(2026, 3, 4, 11, 20, tzinfo=ZONE)
    assert read_item.data_alta_medica == datetime(2026, 3, 4, 9, tzinfo=ZONE)


def test_a_cancelled_discharge_reopens_it_whatever_it_left_behind() -> None:
    read_item = read(atendimento=ALTA | {"dt_alta": None})
    assert (read_item.situacao, read_item.data_fim, read_item.motivo_alta) == ("EM_ATENDIMENTO", None, None)


def test_a_medical_discharge_alone_does_not_end_it() -> None:
    read_item = read(atendimento={"dt_alta_medica": datetime(2026, 3, 4, 9), "cd_mot_alt": 3, "tp_mot_alta": "T"})
    assert (read_item.situacao, read_item.motivo_alta) == ("EM_ATENDIMENTO", "TRANSFERENCIA")


@pytest.mark.parametrize(
    ("columns", "motivo"),
    [
        ({"cd_mot_alt": 11, "tp_mot_alta": "O"}, "OBITO"),
        ({"cd_mot_alt": None, "tp_mot_alta": None, "sn_obito": "S"}, "OBITO"),
        ({"cd_mot_alt": 77, "tp_mot_alta": None}, "77"),
        ({"cd_mot_alt": None, "tp_mot_alta": None}, None),
    ],
)
def test_the_reason_goes_by_code_then_by_kind_then_by_death(columns: dict[str, Any], motivo: str | None) -> None:
    assert read(atendimento=ALTA | columns).motivo_alta == motivo


def test_place_payer_and_professional() -> None:
    read_item = read(
        atendimento={
            "cd_leito": Decimal(33), "ds_unid_int": "UTI adulto", "ds_ori_ate": "Pronto-socorro", "cd_convenio": 1, "nm_convenio": "Plano Exemplo",
            "ds_especialid": "Clínica médica", "tp_carater_internacao": "U", "prestador_codigo": 12, "prestador_nome": "Profissional Exemplo",
            "prestador_cpf": "52998224725", "prestador_cbo": "2251-25", "prestador_registro": "12345", "prestador_conselho": 1,
        }
    )  # fmt: skip
    assert (read_item.leito, read_item.setor, read_item.convenio, read_item.carater) == ("33", "UTI adulto", "Plano Exemplo", "URGENCIA")
    assert read_item.profissional is not None and read_item.profissional.cbo == "225125" and read_item.profissional.cpf == "52998224725"


def test_where_there_is_no_bed_the_origin_is_the_place() -> None:
    assert read(atendimento={"ds_ori_ate": "Pronto-socorro"}).setor == "Pronto-socorro"


def test_a_company_that_provides_is_sent_without_its_tax_number() -> None:
    read_item = read(atendimento={"prestador_codigo": 12, "prestador_nome": "Clínica Exemplo", "prestador_cpf": "11.222.333/0001-81"})
    assert read_item.profissional is not None and read_item.profissional.cpf is None


# Patient


def _paciente(**columns: Any) -> Any:
    return map_paciente({"paciente": [PACIENTE | columns]}, CTX)


@pytest.mark.parametrize("first", [None, "", "  "])
def test_either_column_may_hold_the_health_card_and_an_empty_text_is_null(first: str | None) -> None:
    assert _paciente(nr_cns=first, cd_cns="700000000000005").cns == "700000000000005"


def test_the_first_column_of_the_health_card_wins() -> None:
    assert _paciente(nr_cns="700000000000005", cd_cns="123").cns == "700000000000005"


def test_null_and_empty_text_give_the_same_patient() -> None:
    empty_for = {c: "" for c, v in PACIENTE.items() if v is None and not c.startswith(("dt_", "nr_endereco"))}
    assert _paciente(**empty_for) == _paciente()


@pytest.mark.parametrize(("uses", "nome"), [("S", "Nome Social"), ("N", None), (None, None), ("", None)])
def test_the_social_name_counts_only_where_it_is_used(uses: str | None, nome: str | None) -> None:
    assert _paciente(nm_social_paciente="Nome Social", sn_utiliza_nome_social=uses).nome_social == nome


@pytest.mark.parametrize(
    ("ddd", "numero", "integer"),
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
def test_phones_join_area_and_number_once(ddd: Any, numero: str | None, integer: str | None) -> None:
    contatos = {c.tipo: c.valor for c in _paciente(nr_ddd_celular=ddd, nr_celular=numero).contatos}
    assert contatos.get("CELULAR") == integer


def test_the_address_is_cleaned() -> None:
    address = _paciente(
        ds_endereco=" Rua Exemplo ", nr_endereco=Decimal(12), nr_cep="40000-000", cd_uf="ba", cd_ibge="2927408", nm_cidade="Salvador"
    ).endereco
    assert (address.logradouro, address.numero, address.cep, address.uf, address.codigo_ibge) == (
        "Rua Exemplo", "12", "40000000", "BA", "2927408",
    )  # fmt: skip


def test_a_wrong_document_is_named_as_the_patients_and_not_shown() -> None:
    with pytest.raises(InvalidRecord) as error:
        read(atendimento={"nr_cpf": "123.456.789-00"})
    assert reason_of(error.value) == "paciente.cpf: CPF inválido"


def test_a_patient_that_is_gone_is_a_reason() -> None:
    with pytest.raises(InvalidRecord, match="não existe mais"):
        map_paciente({}, CTX)


# Whole records


def test_null_wherever_the_schema_allows_it_is_a_valid_record() -> None:
    rows: dict[str, Any] = {name: [row] for name, row in VAZIAS.items()}
    sent = accept(read(**rows))
    assert sent["situacao"] == "EM_ATENDIMENTO" and len(sent["movimentacoesLeito"]) == len(sent["prescricoes"]) == 1


def test_a_record_with_every_kind_of_item_is_what_fusion_takes() -> None:
    read_item = read(
        atendimento=ALTA | {"cd_cid": "J189", "nr_cpf": "52998224725", "dt_nascimento": datetime(1980, 2, 29), "tp_cor": "P"},
        movimentacoes=[MOVEMENT], diagnosticos=[DIAGNOSTICO | {"cd_cid": "I10"}], alergias=[ALERGIA | {"ds_substancia": "Dipirona"}],
        alergias_antigas=[OLD_NAME | {"ds_substancia": "Iodo"}], evolucoes=[DOCUMENT], evolucoes_prescricao=[NOTE],
        prescricoes=[ITEM, ITEM | {"cd_itpre_med": 7, "sn_exa_lab": "S"}],
        sinais_vitais=[SINAL, SINAL | {"cd_sinal_vital": 6, "ds_sinal_vital": "PA", "valor": "120/80"}],
    )  # fmt: skip
    sent = accept(read_item)
    count = {k: len(v) for k, v in sent.items() if isinstance(v, list) and v}
    assert count == {
        "movimentacoesLeito": 1, "diagnosticos": 2, "alergias": 2, "evolucoes": 2, "prescricoes": 1, "solicitacoesExame": 1, "sinaisVitais": 3,
    }  # fmt: skip
    assert datetime.fromisoformat(sent["dataInicio"]) == datetime(2026, 3, 1, 3, tzinfo=UTC)
    assert [e.message for e in contrato.validator("Paciente").iter_errors(sent["paciente"])] == []
