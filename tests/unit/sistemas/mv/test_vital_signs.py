"""MV: vital signs, whose codes are the site's own."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from include.fusion.errors import InvalidRecord
from include.fusion.model.atendimento import SINAIS
from include.fusion.sistemas.mv.beds import ContextoMv
from tests.unit.sistemas.mv.rows import CTX, SINAL, ZONE, context, read


def of_site(codes: dict[str, Any]) -> ContextoMv:
    """With the site's own codes of signs."""
    return context(**codes)


def _sinais(*rows: dict[str, Any], ctx: ContextoMv = CTX) -> dict[str, Any]:
    return {s.sinal: s for s in read(ctx, sinais_vitais=[SINAL | x for x in rows]).sinais_vitais}


@pytest.mark.parametrize("nome", ["TEMPERATURA AXILAR", "temperatura  axilar", "Temperatura Axilar "])
def test_a_sign_is_known_by_name(nome: str) -> None:
    assert _sinais({"ds_sinal_vital": nome})["TEMPERATURA"].valor == 36.5


def test_accents_do_not_count_in_a_name() -> None:
    read_items = _sinais(
        {"ds_sinal_vital": "Freqüência Cardíaca", "valor": "80"}, {"cd_sinal_vital": 2, "ds_sinal_vital": "SATURAÇÃO DE O2", "valor": 97}
    )
    assert set(read_items) == {"FREQUENCIA_CARDIACA", "SATURACAO_O2"}


def test_the_sites_code_goes_before_the_name() -> None:
    ctx = of_site({"1": "FREQUENCIA_CARDIACA"})
    assert set(_sinais({"cd_sinal_vital": Decimal(1), "valor": "80"}, ctx=ctx)) == {"FREQUENCIA_CARDIACA"}
    assert ctx.depara.unmapped == {}


def test_an_unknown_sign_is_left_out_and_counted_whatever_it_says() -> None:
    ctx = context()
    assert _sinais({"cd_sinal_vital": 900, "ds_sinal_vital": "DIURESE", "valor": "300 mL"}, {}, ctx=ctx).keys() == {"TEMPERATURA"}
    assert ctx.depara.unmapped == {("sinais_vitais", "900"): 1}


def test_a_sign_that_the_site_does_not_send_is_not_counted() -> None:
    ctx = of_site({"900": "NAO_ENVIAR"})
    assert _sinais({"cd_sinal_vital": 900, "ds_sinal_vital": "DIURESE", "valor": "300 mL"}, ctx=ctx) == {}
    assert ctx.depara.unmapped == {}


def test_a_word_that_is_no_sign_refuses_instead_of_losing_values() -> None:
    with pytest.raises(InvalidRecord, match="não é um sinal vital"):
        _sinais({}, ctx=of_site({"1": "TEMPERTURA"}))


def test_pressure_comes_as_one_text_or_as_two_signs() -> None:
    junta = _sinais({"ds_sinal_vital": "PRESSÃO ARTERIAL", "valor": "120/80", "ds_unidade_afericao": "mmHg"})
    two = _sinais(
        {"cd_sinal_vital": 4, "ds_sinal_vital": "PRESSÃO ARTERIAL SISTÓLICA", "valor": "120"},
        {"cd_sinal_vital": 5, "ds_sinal_vital": "PRESSÃO ARTERIAL DIASTÓLICA", "valor": "80"},
    )
    for read_items in (junta, two):
        assert (read_items["PRESSAO_SISTOLICA"].valor, read_items["PRESSAO_DIASTOLICA"].valor) == (120, 80)


@pytest.mark.parametrize(
    ("nome", "valor"),
    [
        ("TEMPERATURA AXILAR", "365"), ("TEMPERATURA AXILAR", "febril"), ("SPO2", "101"), ("PRESSAO ARTERIAL", "12/8"), ("PRESSAO ARTERIAL", "120"),
        ("PRESSAO ARTERIAL", "120/8"), ("PRESSAO ARTERIAL", "999/80"),
        ("PAS", "12"), ("PAD", "8"), ("PAS", "120/80"), ("ESCALA DE DOR", "11"), ("PESO", "72500"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_trusted_refuses_the_record(nome: str, valor: str) -> None:
    with pytest.raises(InvalidRecord, match=r"^sinaisVitais\.") as error:
        _sinais({"ds_sinal_vital": nome, "valor": valor})
    assert "coleta 5, sinal 1" in str(error.value) and valor not in str(error.value).split("(")[0]


@pytest.mark.parametrize(
    ("nome", "valor", "unidade", "expected"),
    [
        ("PESO", "3250", "g", 3.25), ("PESO", "72,5", "Kg", 72.5), ("ALTURA", "1,70", "m", 170), ("ALTURA", "1,70", None, 170),
        ("ALTURA", "170", "cm", 170), ("FC", "80", "bpm", 80), ("GLICEMIA CAPILAR", "98", "mg/dL", 98), ("TEMP", "36.5", "°C", 36.5),
    ],
)  # fmt: skip
def test_values_are_sent_in_the_signs_only_unit(nome: str, valor: str, unidade: str | None, expected: float) -> None:
    (read_item,) = _sinais({"ds_sinal_vital": nome, "valor": valor, "ds_unidade_afericao": unidade}).values()
    assert (read_item.valor, read_item.unidade) == (expected, SINAIS[read_item.sinal])


@pytest.mark.parametrize(("nome", "valor", "unidade"), [("GLICEMIA CAPILAR", "5,4", "mmol/L"), ("PRESSAO ARTERIAL", "120/80", "kg")])
def test_another_unit_is_never_sent_as_if_it_were_the_right_one(nome: str, valor: str, unidade: str) -> None:
    with pytest.raises(InvalidRecord, match="unidade diferente"):
        _sinais({"ds_sinal_vital": nome, "valor": valor, "ds_unidade_afericao": unidade})


@pytest.mark.parametrize("valor", [None, "", "  "])
def test_a_sign_without_value_is_none(valor: str | None) -> None:
    assert _sinais({"valor": valor}) == {}


def test_the_reference_stands_in_for_the_time_of_collection() -> None:
    (read_item,) = _sinais({"data_coleta": None, "dt_referencia": datetime(2026, 3, 1, 6)}).values()
    assert read_item.data == datetime(2026, 3, 1, 6, tzinfo=ZONE)
    assert _sinais({"data_coleta": None}) == {}
