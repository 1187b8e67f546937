"""Vital signs as the PEC keeps them: text that people typed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from include.fusion.errors import InvalidRecord
from include.fusion.model.atendimento import SinalVital
from include.fusion.model.depara import DePara
from include.fusion.reading.spec import MappingContext
from include.fusion.sistemas.esus_ab.vital_signs import _FIELDS, sinais

CTX = MappingContext(DePara.load("esus_ab", "esus_ab"), ZoneInfo("America/Bahia"))
IS_EMPTY: dict[str, Any] = {column: None for _, column, *_ in _FIELDS} | {
    "co_seq_medicao": 7, "co_seq_atend_prof": 1, "dt_medicao": datetime(2026, 3, 1, 8, 0), "nu_medicao_pressao_arterial": None, "tp_glicemia": None,
}  # fmt: skip


def read(**columns: Any) -> dict[str, SinalVital]:
    return {s.sinal: s for s in sinais([IS_EMPTY | columns], {}, CTX)}


@pytest.mark.parametrize(("texto", "valor"), [("72,5", 72.5), ("72.5", 72.5), (" 72 ", 72), ("0,5", 0.5), ("500", 500)])
def test_weight_takes_comma_and_dot(texto: str, valor: float) -> None:
    assert read(nu_medicao_peso=texto)["PESO"].valor == valor


@pytest.mark.parametrize("texto", ["120/80", "120x80", "120 X 80", " 120 / 80 "])
def test_blood_pressure_is_split_in_two(texto: str) -> None:
    read_items = read(nu_medicao_pressao_arterial=texto)
    assert (read_items["PRESSAO_SISTOLICA"].valor, read_items["PRESSAO_DIASTOLICA"].valor) == (120, 80)


@pytest.mark.parametrize("texto", ["12/8", "120", "120/", "/80", "12o/80", "120/80/60", "1200/80", "não aferida"])
def test_blood_pressure_that_cannot_be_trusted_refuses_the_record(texto: str) -> None:
    with pytest.raises(InvalidRecord, match="PRESSAO_SISTOLICA") as error:
        read(nu_medicao_pressao_arterial=texto)
    assert "tb_medicao 7" in str(error.value) and texto not in str(error.value)


def test_unmeasurable_pressure_written_as_zero_is_kept() -> None:
    assert read(nu_medicao_pressao_arterial="0/0")["PRESSAO_SISTOLICA"].valor == 0


@pytest.mark.parametrize(("texto", "cm"), [("165", 165), ("165,5", 165.5), ("1,65", 165), ("1.7", 170), ("0,52", 52)])
def test_height_below_three_is_in_metres(texto: str, cm: float) -> None:
    assert read(nu_medicao_altura=texto)["ALTURA"].valor == cm


@pytest.mark.parametrize(
    ("column", "texto", "sinal"),
    [
        ("nu_medicao_peso", "0,4", "PESO"),
        ("nu_medicao_peso", "72500", "PESO"),
        ("nu_medicao_altura", "16.5", "ALTURA"),
        ("nu_medicao_altura", "0", "ALTURA"),
        ("nu_medicao_frequencia_cardiaca", "-1", "FREQUENCIA_CARDIACA"),
        ("nu_medicao_frequnca_resprtria", "201", "FREQUENCIA_RESPIRATORIA"),
        ("nu_medicao_temperatura", "365", "TEMPERATURA"),
        ("nu_medicao_saturacao_o2", "101", "SATURACAO_O2"),
        ("nu_medicao_glicemia", "HI", "GLICEMIA_CAPILAR"),
        ("nu_medicao_perimetro_cefalico", "nan", "PERIMETRO_CEFALICO"),
    ],
)
def test_out_of_range_or_unreadable_names_the_sign(column: str, texto: str, sinal: str) -> None:
    with pytest.raises(InvalidRecord) as error:
        read(**{column: texto})
    assert error.value.field == f"sinaisVitais.{sinal}"


@pytest.mark.parametrize(
    ("tipo", "qualificador"), [(0, "JEJUM"), (1, "POS_PRANDIAL"), (2, "PRE_PRANDIAL"), (3, "NAO_ESPECIFICADO"), (None, "NAO_ESPECIFICADO")]
)
def test_glycaemia_says_its_kind(tipo: Any, qualificador: str) -> None:
    assert read(nu_medicao_glicemia="98", tp_glicemia=tipo)["GLICEMIA_CAPILAR"].qualificador == qualificador


def test_empty_and_blank_give_no_sign() -> None:
    assert read(nu_medicao_peso="", nu_medicao_altura="  ") == {}


def test_each_sign_has_its_own_key_unit_and_zone() -> None:
    read_items = read(nu_medicao_peso="70", nu_medicao_temperatura="36,5")
    assert {s.codigo for s in read_items.values()} == {"7-PESO", "7-TEMPERATURA"} and read_items["TEMPERATURA"].unidade == "Cel"
    assert read_items["PESO"].data.isoformat() == "2026-03-01T08:00:00-03:00"
