"""Platform observation ↔ R4 Observation: every vital sign both ways, checked by two validators that know nothing of each other."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import fhirkit
import orjson
import pytest

from include.fusion.errors import InvalidRecord
from include.fusion.fhir.config.model import SyncSettings
from include.fusion.fhir.mapping.observation import Observation, from_fhir, merge, to_fhir
from include.fusion.fhir.mapping.validate import as_json, check, from_json
from include.fusion.fhir.mapping.vital_signs import BLOOD_PRESSURE, OTHER, PANEL, SINAIS

META = SyncSettings()
WHEN = datetime(2026, 1, 2, 15, 4, 5, tzinfo=UTC)
# By hand: the table of the code must not be its own proof.
EXPECTED = {
    "mean_arterial_pressure": ("8478-0", "mm[Hg]"), "heart_rate": ("8867-4", "/min"), "respiratory_rate": ("9279-1", "/min"),
    "oxygen_saturation": ("2708-6", "%"), "temperature": ("8310-5", "Cel"), "weight": ("29463-7", "kg"), "height": ("8302-2", "cm"),
    "head_circumference": ("9843-4", "cm"), "bmi": ("39156-5", "kg/m2"), "waist_circumference": ("8280-0", "cm"),
    "glucose": ("41653-7", "mg/dL"), "blood_glucose": ("2339-0", "mg/dL"), "blood_glucose_molar": ("15074-8", "mmol/L"),
    "pain": ("72514-3", "{score}"),
}  # fmt: skip


def obs(kind: str, value: str | None = "72.50", **more: object) -> Observation:
    return Observation("o1", kind, WHEN, Decimal(value) if value else None, **more)  # type: ignore[arg-type]


def test_no_sign_is_left_untested() -> None:
    assert set(EXPECTED) | {BLOOD_PRESSURE, PANEL} == set(SINAIS)


@pytest.mark.parametrize("tipo", sorted(EXPECTED))
def test_a_sign_has_its_code_and_unit_and_comes_back_the_same(tipo: str) -> None:
    resource = check(to_fhir(obs(tipo), "Patient/1", META))
    assert fhirkit.validate(as_json(resource)) == []
    quantity = resource["valueQuantity"]
    assert (resource["code"]["coding"][0]["code"], quantity["code"]) == EXPECTED[tipo]
    back = from_fhir(from_json(as_json(resource)))
    assert (back.tipo, back.valor, back.unidade, back.efetivo_em) == (tipo, Decimal("72.50"), EXPECTED[tipo][1], WHEN)


def test_pulse_oximetry_sends_both_codes() -> None:
    codes = [c["code"] for c in to_fhir(obs("oxygen_saturation"), "Patient/1", META)["code"]["coding"]]
    assert codes == ["2708-6", "59408-5"]


@pytest.mark.parametrize(("sistolica", "diastolica"), [("120", "80"), ("120", None), (None, "80")])
def test_blood_pressure_has_two_components_and_no_value_of_its_own(sistolica: str | None, diastolica: str | None) -> None:
    pair = [Decimal(v) if v else None for v in (sistolica, diastolica)]
    resource = check(to_fhir(obs(BLOOD_PRESSURE, None, sistolica=pair[0], diastolica=pair[1]), "Patient/1", META))
    assert fhirkit.validate(as_json(resource)) == []
    assert len(resource["component"]) == 2 and "valueQuantity" not in resource
    assert sum("dataAbsentReason" in c for c in resource["component"]) == pair.count(None)
    back = from_fhir(resource)
    assert (back.tipo, back.sistolica, back.diastolica) == (BLOOD_PRESSURE, *pair)


def test_a_panel_has_members() -> None:
    resource = check(to_fhir(obs(PANEL, None, members=("Observation/1", "Observation/2")), "Patient/1", META))
    assert from_fhir(resource).members == ("Observation/1", "Observation/2")


def test_decimals_travel_as_they_are_written() -> None:
    assert b'"value":72.50,' in as_json(to_fhir(obs("weight"), "Patient/1", META))


def test_the_effective_time_carries_the_zone() -> None:
    resource = to_fhir(obs("weight"), "Patient/1", SyncSettings(timezone="America/Manaus"))
    assert resource["effectiveDateTime"] == "2026-01-02T11:04:05-04:00"


@pytest.mark.parametrize(("tipo", "unidade", "valor", "expected"), [
    ("temperature", "°F", "98.6", "37"), ("weight", "g", "3250", "3.25"), ("height", "m", "1.75", "175"), ("heart_rate", "bpm", "72", "72"),
])  # fmt: skip
def test_other_units_of_the_same_sign_are_converted(tipo: str, unidade: str, valor: str, expected: str) -> None:
    assert to_fhir(obs(tipo, valor, unidade=unidade), "Patient/1", META)["valueQuantity"]["value"] == Decimal(expected)


@pytest.mark.parametrize(("bad", "field"), [
    (obs("temperature", unidade="kPa"), "unit"), (obs("temperature", None), "value"), (obs("nada"), "type"),
    (obs("temperature", "NaN"), "value"), (obs("temperature", estado="pronto"), "status"), (obs("blood_glucose_molar", unidade="mg/dL"), "unit"),
])  # fmt: skip
def test_what_cannot_be_said_in_fhir_is_refused_by_its_field(bad: Observation, field: str) -> None:
    with pytest.raises(InvalidRecord) as seen:
        to_fhir(bad, "Patient/1", META)
    assert seen.value.field == field


def test_a_cancelled_observation_may_have_no_value() -> None:
    assert "dataAbsentReason" in check(to_fhir(obs("temperature", None, estado="entered-in-error"), "Patient/1", META))


def test_moles_with_a_mass_unit_are_no_glucose_of_ours() -> None:
    resource = to_fhir(obs("blood_glucose_molar", "5.5"), "Patient/1", META)
    resource["valueQuantity"] = {"value": 99, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"}
    assert (from_fhir(resource).tipo, from_fhir(resource).valor, from_fhir(resource).texto) == (OTHER, None, "99 mg/dL")


@pytest.mark.parametrize("made", [obs("glucose", "40"), obs(OTHER, "40", codigo="6598-7", unidade="mg/dL")])
def test_a_comparator_is_no_plain_number(made: Observation) -> None:
    resource = to_fhir(made, "Patient/1", META)
    resource["valueQuantity"]["comparator"] = "<"
    read_row = from_fhir(resource)
    assert (read_row.tipo, read_row.valor, read_row.texto) == (OTHER, None, "<40 mg/dL")


@pytest.mark.parametrize(("texto", "expected"), [
    ("2026", "2026-01-01T03:00:00+00:00"), ("2026-03", "2026-03-01T03:00:00+00:00"), ("2026-03-04", "2026-03-04T03:00:00+00:00"),
    ("2026-03-04T05:06:07Z", "2026-03-04T05:06:07+00:00"), ("2026-03-04T05:06:07.123456789-02:00", "2026-03-04T07:06:07.123456+00:00"),
])  # fmt: skip
def test_dates_of_any_precision_are_read(texto: str, expected: str) -> None:
    resource = to_fhir(obs("weight"), "Patient/1", META) | {"effectiveDateTime": texto}
    when = from_fhir(resource).efetivo_em
    assert when is not None and when.isoformat() == expected


def test_only_loincs_own_codes_count() -> None:
    resource = to_fhir(obs("weight"), "Patient/1", META)
    resource["code"]["coding"][0]["system"] = "urn:local"
    assert (from_fhir(resource).tipo, from_fhir(resource).sistema) == (OTHER, "urn:local")


def test_a_change_replaces_the_value_and_what_was_said_about_it_and_keeps_all_else() -> None:
    current = to_fhir(obs("weight", "70"), "Patient/1", META) | {
        "id": "9", "note": [{"text": "a"}], "interpretation": [{"text": "alto"}], "extension": [{"url": "urn:x", "valueCode": "y"}],
    }  # fmt: skip
    new = merge(current, obs("weight", "71", estado="amended"), "Patient/2", META)
    assert (new["valueQuantity"]["value"], new["status"], "interpretation" in new) == (71, "amended", False)
    assert (new["id"], new["note"], new["extension"], new["subject"]) == ("9", current["note"], current["extension"], current["subject"])


def test_a_corrected_unit_is_a_change_of_the_value() -> None:
    current = to_fhir(obs("weight", "70"), "Patient/1", META)
    assert merge(current, obs("weight", "70", unidade="lb"), "Patient/1", META)["valueQuantity"]["value"] == Decimal("31.7514659")
    assert merge(current, obs("weight", "70000", unidade="g"), "Patient/1", META) == current


def test_a_corrected_kind_takes_its_code_along() -> None:
    current = to_fhir(obs("heart_rate", "98"), "Patient/1", META) | {"id": "9", "note": [{"text": "a"}]}
    for right in (obs("oxygen_saturation", "98"), obs(BLOOD_PRESSURE, None, sistolica=Decimal(98)), obs("pain", "9")):
        new = merge(current, right, "Patient/1", META)
        assert new == to_fhir(right, "Patient/1", META) | {"id": "9", "note": [{"text": "a"}]}
    pressure = to_fhir(obs(BLOOD_PRESSURE, None, sistolica=Decimal(98)), "Patient/1", META)
    assert merge(pressure, obs("heart_rate", "98"), "Patient/1", META) == to_fhir(obs("heart_rate", "98"), "Patient/1", META)


def test_a_pressure_that_is_taken_back_has_no_numbers_left() -> None:
    current = to_fhir(obs(BLOOD_PRESSURE, None, sistolica=Decimal(120), diastolica=Decimal(80)), "Patient/1", META)
    is_empty = obs(BLOOD_PRESSURE, None, estado="entered-in-error")
    new = check(merge(current, is_empty, "Patient/1", META))
    assert ("component" in new, "dataAbsentReason" in new, new["status"]) == (False, True, "entered-in-error")
    back_to_pending = merge(new, obs(BLOOD_PRESSURE, None, sistolica=Decimal(120), estado="corrected"), "Patient/1", META)
    assert (len(back_to_pending["component"]), "dataAbsentReason" in back_to_pending) == (2, False)


def test_a_code_of_the_ehr_that_we_have_no_kind_for_stays_beside_a_new_value() -> None:
    current = to_fhir(obs(OTHER, "1", codigo="718-7", sistema="http://loinc.org"), "Patient/1", META)
    current["code"]["coding"].append({"system": "urn:local", "code": "HB"})
    new = merge(current, obs(OTHER, "2", codigo="718-7", sistema="http://loinc.org"), "Patient/1", META)
    assert (new["code"], new["valueQuantity"]) == (current["code"], {"value": 2})


@pytest.mark.parametrize(("valor", "tipo", "expected"), [
    ({"valueCodeableConcept": {"coding": [{"system": "urn:x", "code": "260373001", "display": "Detectado"}]}}, "glucose", (None, "Detectado")),
    ({"valueInteger": 7}, "pain", (7, None)), ({"valueInteger": 72}, "heart_rate", (None, "72")),
    ({"valueBoolean": False}, OTHER, (None, "não")), ({"valueDateTime": "2026-01-02"}, OTHER, (None, "2026-01-02")),
    ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, OTHER, (None, "1:128")),
    ({"valueRange": {"low": {"value": 2, "unit": "h"}, "high": {"value": 4, "unit": "h"}}}, OTHER, (None, "2 h a 4 h")),
])  # fmt: skip
def test_a_result_that_is_no_quantity_is_not_lost(valor: dict[str, object], tipo: str, expected: tuple[object, object]) -> None:
    resource = to_fhir(obs(tipo, "1", codigo="x"), "Patient/1", META)
    del resource["valueQuantity"]
    assert (from_fhir(resource | valor).valor, from_fhir(resource | valor).texto) == expected


def test_a_new_value_of_a_kind_that_is_none_of_ours_keeps_its_coded_unit() -> None:
    current = to_fhir(obs(OTHER, "13", codigo="718-7"), "Patient/1", META)
    current["valueQuantity"] = {"value": 13, "unit": "gramas", "system": "http://unitsofmeasure.org", "code": "g/dL"}
    new = merge(current, obs(OTHER, "14", codigo="718-7", unidade="g/dL"), "Patient/1", META)
    assert new["valueQuantity"] == current["valueQuantity"] | {"value": 14}


def test_what_the_platform_does_not_keep_of_a_resource_does_not_hinder_a_new_status() -> None:
    panel = to_fhir(obs(PANEL, None, members=("Observation/1",)), "Patient/1", META)
    assert merge(panel, obs(PANEL, None, estado="amended"), "Patient/1", META) == panel | {"status": "amended"}


def test_a_changed_pressure_leaves_other_components_alone() -> None:
    current = to_fhir(obs(BLOOD_PRESSURE, None, sistolica=Decimal(120), diastolica=Decimal(80)), "Patient/1", META)
    current["component"].append({"code": {"text": "braço"}, "valueString": "esquerdo"})
    new = merge(current, obs(BLOOD_PRESSURE, None, sistolica=Decimal(130), diastolica=Decimal(80)), "Patient/1", META)
    assert [c.get("valueQuantity", {}).get("value") for c in new["component"]] == [130, 80, None]


@pytest.mark.parametrize(
    "crooked", [{}, {"code": []}, {"effectiveDateTime": "ontem"}, {"effectiveDateTime": "2026", "valueQuantity": {"value": "x"}}]
)
def test_a_resource_that_is_none_is_refused_without_its_content(crooked: dict[str, object]) -> None:
    with pytest.raises(InvalidRecord) as seen:
        from_fhir({"resourceType": "Observation", **crooked})
    assert "ontem" not in str(seen.value)


def test_the_validator_names_elements_and_no_values() -> None:
    with pytest.raises(InvalidRecord) as seen:
        check({"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueQuantity": {"value": "segredo"}})
    assert "segredo" not in str(seen.value) and "valueQuantity" in str(seen.value)


def test_a_number_without_measure_is_not_written_out() -> None:
    for enorme in ("1E+999999999", "1E-999999999"):
        with pytest.raises(orjson.JSONEncodeError):
            as_json({"valueDecimal": Decimal(enorme)})
