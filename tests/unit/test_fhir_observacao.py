"""Platform observation ↔ R4 Observation: every vital sign both ways, checked by two validators that know nothing of each other."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import fhirkit
import orjson
import pytest

from include.fusion.errors import RegistroInvalido
from include.fusion.fhir.config.model import Metadados
from include.fusion.fhir.mapping.observation import Observacao, de_fhir, mesclar, para_fhir
from include.fusion.fhir.mapping.validate import conferir, de_json, em_json
from include.fusion.fhir.mapping.vital_signs import OUTRO, PAINEL, PRESSAO, SINAIS

META = Metadados()
QUANDO = datetime(2026, 1, 2, 15, 4, 5, tzinfo=UTC)
# By hand: the table of the code must not be its own proof.
ESPERADO = {
    "mean_arterial_pressure": ("8478-0", "mm[Hg]"), "heart_rate": ("8867-4", "/min"), "respiratory_rate": ("9279-1", "/min"),
    "oxygen_saturation": ("2708-6", "%"), "temperature": ("8310-5", "Cel"), "weight": ("29463-7", "kg"), "height": ("8302-2", "cm"),
    "head_circumference": ("9843-4", "cm"), "bmi": ("39156-5", "kg/m2"), "waist_circumference": ("8280-0", "cm"),
    "glucose": ("41653-7", "mg/dL"), "blood_glucose": ("2339-0", "mg/dL"), "blood_glucose_molar": ("15074-8", "mmol/L"),
    "pain": ("72514-3", "{score}"),
}  # fmt: skip


def obs(tipo: str, valor: str | None = "72.50", **mais: object) -> Observacao:
    return Observacao("o1", tipo, QUANDO, Decimal(valor) if valor else None, **mais)  # type: ignore[arg-type]


def test_no_sign_is_left_untested() -> None:
    assert set(ESPERADO) | {PRESSAO, PAINEL} == set(SINAIS)


@pytest.mark.parametrize("tipo", sorted(ESPERADO))
def test_a_sign_has_its_code_and_unit_and_comes_back_the_same(tipo: str) -> None:
    recurso = conferir(para_fhir(obs(tipo), "Patient/1", META))
    assert fhirkit.validate(em_json(recurso)) == []
    quantidade = recurso["valueQuantity"]
    assert (recurso["code"]["coding"][0]["code"], quantidade["code"]) == ESPERADO[tipo]
    volta = de_fhir(de_json(em_json(recurso)))
    assert (volta.tipo, volta.valor, volta.unidade, volta.efetivo_em) == (tipo, Decimal("72.50"), ESPERADO[tipo][1], QUANDO)


def test_pulse_oximetry_sends_both_codes() -> None:
    codigos = [c["code"] for c in para_fhir(obs("oxygen_saturation"), "Patient/1", META)["code"]["coding"]]
    assert codigos == ["2708-6", "59408-5"]


@pytest.mark.parametrize(("sistolica", "diastolica"), [("120", "80"), ("120", None), (None, "80")])
def test_blood_pressure_has_two_components_and_no_value_of_its_own(sistolica: str | None, diastolica: str | None) -> None:
    par = [Decimal(v) if v else None for v in (sistolica, diastolica)]
    recurso = conferir(para_fhir(obs(PRESSAO, None, sistolica=par[0], diastolica=par[1]), "Patient/1", META))
    assert fhirkit.validate(em_json(recurso)) == []
    assert len(recurso["component"]) == 2 and "valueQuantity" not in recurso
    assert sum("dataAbsentReason" in c for c in recurso["component"]) == par.count(None)
    volta = de_fhir(recurso)
    assert (volta.tipo, volta.sistolica, volta.diastolica) == (PRESSAO, *par)


def test_a_panel_has_members() -> None:
    recurso = conferir(para_fhir(obs(PAINEL, None, membros=("Observation/1", "Observation/2")), "Patient/1", META))
    assert de_fhir(recurso).membros == ("Observation/1", "Observation/2")


def test_decimals_travel_as_they_are_written() -> None:
    assert b'"value":72.50,' in em_json(para_fhir(obs("weight"), "Patient/1", META))


def test_the_effective_time_carries_the_zone() -> None:
    recurso = para_fhir(obs("weight"), "Patient/1", Metadados(timezone="America/Manaus"))
    assert recurso["effectiveDateTime"] == "2026-01-02T11:04:05-04:00"


@pytest.mark.parametrize(("tipo", "unidade", "valor", "esperado"), [
    ("temperature", "°F", "98.6", "37"), ("weight", "g", "3250", "3.25"), ("height", "m", "1.75", "175"), ("heart_rate", "bpm", "72", "72"),
])  # fmt: skip
def test_other_units_of_the_same_sign_are_converted(tipo: str, unidade: str, valor: str, esperado: str) -> None:
    assert para_fhir(obs(tipo, valor, unidade=unidade), "Patient/1", META)["valueQuantity"]["value"] == Decimal(esperado)


@pytest.mark.parametrize(("ruim", "campo"), [
    (obs("temperature", unidade="kPa"), "unit"), (obs("temperature", None), "value"), (obs("nada"), "type"),
    (obs("temperature", "NaN"), "value"), (obs("temperature", estado="pronto"), "status"), (obs("blood_glucose_molar", unidade="mg/dL"), "unit"),
])  # fmt: skip
def test_what_cannot_be_said_in_fhir_is_refused_by_its_field(ruim: Observacao, campo: str) -> None:
    with pytest.raises(RegistroInvalido) as visto:
        para_fhir(ruim, "Patient/1", META)
    assert visto.value.campo == campo


def test_a_cancelled_observation_may_have_no_value() -> None:
    assert "dataAbsentReason" in conferir(para_fhir(obs("temperature", None, estado="entered-in-error"), "Patient/1", META))


def test_moles_with_a_mass_unit_are_no_glucose_of_ours() -> None:
    recurso = para_fhir(obs("blood_glucose_molar", "5.5"), "Patient/1", META)
    recurso["valueQuantity"] = {"value": 99, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"}
    assert (de_fhir(recurso).tipo, de_fhir(recurso).valor, de_fhir(recurso).texto) == (OUTRO, None, "99 mg/dL")


@pytest.mark.parametrize("feita", [obs("glucose", "40"), obs(OUTRO, "40", codigo="6598-7", unidade="mg/dL")])
def test_a_comparator_is_no_plain_number(feita: Observacao) -> None:
    recurso = para_fhir(feita, "Patient/1", META)
    recurso["valueQuantity"]["comparator"] = "<"
    lida = de_fhir(recurso)
    assert (lida.tipo, lida.valor, lida.texto) == (OUTRO, None, "<40 mg/dL")


@pytest.mark.parametrize(("texto", "esperado"), [
    ("2026", "2026-01-01T03:00:00+00:00"), ("2026-03", "2026-03-01T03:00:00+00:00"), ("2026-03-04", "2026-03-04T03:00:00+00:00"),
    ("2026-03-04T05:06:07Z", "2026-03-04T05:06:07+00:00"), ("2026-03-04T05:06:07.123456789-02:00", "2026-03-04T07:06:07.123456+00:00"),
])  # fmt: skip
def test_dates_of_any_precision_are_read(texto: str, esperado: str) -> None:
    recurso = para_fhir(obs("weight"), "Patient/1", META) | {"effectiveDateTime": texto}
    assert de_fhir(recurso).efetivo_em.isoformat() == esperado


def test_only_loincs_own_codes_count() -> None:
    recurso = para_fhir(obs("weight"), "Patient/1", META)
    recurso["code"]["coding"][0]["system"] = "urn:local"
    assert (de_fhir(recurso).tipo, de_fhir(recurso).sistema) == (OUTRO, "urn:local")


def test_a_change_replaces_the_value_and_what_was_said_about_it_and_keeps_all_else() -> None:
    atual = para_fhir(obs("weight", "70"), "Patient/1", META) | {
        "id": "9", "note": [{"text": "a"}], "interpretation": [{"text": "alto"}], "extension": [{"url": "urn:x", "valueCode": "y"}],
    }  # fmt: skip
    novo = mesclar(atual, obs("weight", "71", estado="amended"), "Patient/2", META)
    assert (novo["valueQuantity"]["value"], novo["status"], "interpretation" in novo) == (71, "amended", False)
    assert (novo["id"], novo["note"], novo["extension"], novo["subject"]) == ("9", atual["note"], atual["extension"], atual["subject"])


def test_a_corrected_unit_is_a_change_of_the_value() -> None:
    atual = para_fhir(obs("weight", "70"), "Patient/1", META)
    assert mesclar(atual, obs("weight", "70", unidade="lb"), "Patient/1", META)["valueQuantity"]["value"] == Decimal("31.7514659")
    assert mesclar(atual, obs("weight", "70000", unidade="g"), "Patient/1", META) == atual


def test_a_corrected_kind_takes_its_code_along() -> None:
    atual = para_fhir(obs("heart_rate", "98"), "Patient/1", META) | {"id": "9", "note": [{"text": "a"}]}
    for certa in (obs("oxygen_saturation", "98"), obs(PRESSAO, None, sistolica=Decimal(98)), obs("pain", "9")):
        novo = mesclar(atual, certa, "Patient/1", META)
        assert novo == para_fhir(certa, "Patient/1", META) | {"id": "9", "note": [{"text": "a"}]}
    pressao = para_fhir(obs(PRESSAO, None, sistolica=Decimal(98)), "Patient/1", META)
    assert mesclar(pressao, obs("heart_rate", "98"), "Patient/1", META) == para_fhir(obs("heart_rate", "98"), "Patient/1", META)


def test_a_pressure_that_is_taken_back_has_no_numbers_left() -> None:
    atual = para_fhir(obs(PRESSAO, None, sistolica=Decimal(120), diastolica=Decimal(80)), "Patient/1", META)
    vazia = obs(PRESSAO, None, estado="entered-in-error")
    novo = conferir(mesclar(atual, vazia, "Patient/1", META))
    assert ("component" in novo, "dataAbsentReason" in novo, novo["status"]) == (False, True, "entered-in-error")
    de_volta = mesclar(novo, obs(PRESSAO, None, sistolica=Decimal(120), estado="corrected"), "Patient/1", META)
    assert (len(de_volta["component"]), "dataAbsentReason" in de_volta) == (2, False)


def test_a_code_of_the_ehr_that_we_have_no_kind_for_stays_beside_a_new_value() -> None:
    atual = para_fhir(obs(OUTRO, "1", codigo="718-7", sistema="http://loinc.org"), "Patient/1", META)
    atual["code"]["coding"].append({"system": "urn:local", "code": "HB"})
    novo = mesclar(atual, obs(OUTRO, "2", codigo="718-7", sistema="http://loinc.org"), "Patient/1", META)
    assert (novo["code"], novo["valueQuantity"]) == (atual["code"], {"value": 2})


@pytest.mark.parametrize(("valor", "tipo", "esperado"), [
    ({"valueCodeableConcept": {"coding": [{"system": "urn:x", "code": "260373001", "display": "Detectado"}]}}, "glucose", (None, "Detectado")),
    ({"valueInteger": 7}, "pain", (7, None)), ({"valueInteger": 72}, "heart_rate", (None, "72")),
    ({"valueBoolean": False}, OUTRO, (None, "não")), ({"valueDateTime": "2026-01-02"}, OUTRO, (None, "2026-01-02")),
    ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, OUTRO, (None, "1:128")),
    ({"valueRange": {"low": {"value": 2, "unit": "h"}, "high": {"value": 4, "unit": "h"}}}, OUTRO, (None, "2 h a 4 h")),
])  # fmt: skip
def test_a_result_that_is_no_quantity_is_not_lost(valor: dict[str, object], tipo: str, esperado: tuple[object, object]) -> None:
    recurso = para_fhir(obs(tipo, "1", codigo="x"), "Patient/1", META)
    del recurso["valueQuantity"]
    assert (de_fhir(recurso | valor).valor, de_fhir(recurso | valor).texto) == esperado


def test_a_new_value_of_a_kind_that_is_none_of_ours_keeps_its_coded_unit() -> None:
    atual = para_fhir(obs(OUTRO, "13", codigo="718-7"), "Patient/1", META)
    atual["valueQuantity"] = {"value": 13, "unit": "gramas", "system": "http://unitsofmeasure.org", "code": "g/dL"}
    novo = mesclar(atual, obs(OUTRO, "14", codigo="718-7", unidade="g/dL"), "Patient/1", META)
    assert novo["valueQuantity"] == atual["valueQuantity"] | {"value": 14}


def test_what_the_platform_does_not_keep_of_a_resource_does_not_hinder_a_new_status() -> None:
    painel = para_fhir(obs(PAINEL, None, membros=("Observation/1",)), "Patient/1", META)
    assert mesclar(painel, obs(PAINEL, None, estado="amended"), "Patient/1", META) == painel | {"status": "amended"}


def test_a_changed_pressure_leaves_other_components_alone() -> None:
    atual = para_fhir(obs(PRESSAO, None, sistolica=Decimal(120), diastolica=Decimal(80)), "Patient/1", META)
    atual["component"].append({"code": {"text": "braço"}, "valueString": "esquerdo"})
    novo = mesclar(atual, obs(PRESSAO, None, sistolica=Decimal(130), diastolica=Decimal(80)), "Patient/1", META)
    assert [c.get("valueQuantity", {}).get("value") for c in novo["component"]] == [130, 80, None]


@pytest.mark.parametrize(
    "torto", [{}, {"code": []}, {"effectiveDateTime": "ontem"}, {"effectiveDateTime": "2026", "valueQuantity": {"value": "x"}}]
)
def test_a_resource_that_is_none_is_refused_without_its_content(torto: dict[str, object]) -> None:
    with pytest.raises(RegistroInvalido) as visto:
        de_fhir({"resourceType": "Observation", **torto})
    assert "ontem" not in str(visto.value)


def test_the_validator_names_elements_and_no_values() -> None:
    with pytest.raises(RegistroInvalido) as visto:
        conferir({"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueQuantity": {"value": "segredo"}})
    assert "segredo" not in str(visto.value) and "valueQuantity" in str(visto.value)


def test_a_number_without_measure_is_not_written_out() -> None:
    for enorme in ("1E+999999999", "1E-999999999"):
        with pytest.raises(orjson.JSONEncodeError):
            em_json({"valueDecimal": Decimal(enorme)})
