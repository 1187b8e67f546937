"""The platform's vital signs in FHIR: LOINC code, UCUM unit, category."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
PROFILE = "http://hl7.org/fhir/StructureDefinition/vitalsigns"
DATA_ABSENT_REASON = "http://terminology.hl7.org/CodeSystem/data-absent-reason"

SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"
BLOOD_PRESSURE = "blood_pressure"
PANEL = "vital_signs_panel"
PAIN = "pain"
OTHER = "other"
"""All kinds that the platform does not have; code and system are kept."""


class Sinal(NamedTuple):
    """``codigos``: all codes to send, the main one first. ``profile``: it belongs to the vital-signs profile."""

    codigos: tuple[str, ...]
    nome: str
    ucum: str
    unidade: str
    categoria: str = "vital-signs"
    profile: bool = True


SINAIS: dict[str, Sinal] = {
    PANEL: Sinal(("85353-1",), "Vital signs, weight, height, head circumference, oxygen saturation and BMI panel", "", ""),
    BLOOD_PRESSURE: Sinal(("85354-9",), "Blood pressure panel with all children optional", "mm[Hg]", "mmHg"),
    "mean_arterial_pressure": Sinal(("8478-0",), "Mean blood pressure", "mm[Hg]", "mmHg", profile=False),
    "heart_rate": Sinal(("8867-4",), "Heart rate", "/min", "bpm"),
    "respiratory_rate": Sinal(("9279-1",), "Respiratory rate", "/min", "irpm"),
    "oxygen_saturation": Sinal(("2708-6", "59408-5"), "Oxygen saturation in Arterial blood", "%", "%"),
    "temperature": Sinal(("8310-5",), "Body temperature", "Cel", "°C"),
    "weight": Sinal(("29463-7",), "Body weight", "kg", "kg"),
    "height": Sinal(("8302-2",), "Body height", "cm", "cm"),
    "head_circumference": Sinal(("9843-4",), "Head Occipital-frontal circumference", "cm", "cm"),
    "bmi": Sinal(("39156-5",), "Body mass index (BMI) [Ratio]", "kg/m2", "kg/m²"),
    "waist_circumference": Sinal(("8280-0",), "Waist Circumference at umbilicus by Tape measure", "cm", "cm", profile=False),
    "glucose": Sinal(("41653-7",), "Glucose [Mass/volume] in Capillary blood by Glucometer", "mg/dL", "mg/dL", "laboratory", profile=False),
    "blood_glucose": Sinal(("2339-0",), "Glucose [Mass/volume] in Blood", "mg/dL", "mg/dL", "laboratory", profile=False),
    # In moles: never mix it with mg/dL (factor 18).
    "blood_glucose_molar": Sinal(("15074-8",), "Glucose [Moles/volume] in Blood", "mmol/L", "mmol/L", "laboratory", profile=False),
    PAIN: Sinal(
        ("72514-3",), "Pain severity - 0-10 verbal numeric rating [Score] - Reported", "{score}", "{score}", "survey", profile=False
    ),
}
FROM_LOINC = {code: kind for kind, sinal in SINAIS.items() for code in sinal.codigos}

_TEXTS = {
    "mmhg": "mm[Hg]", "bpm": "/min", "irpm": "/min", "rpm": "/min", "°c": "Cel", "ºc": "Cel", "c": "Cel", "°f": "[degF]", "ºf": "[degF]",
    "kg/m²": "kg/m2", "score": "{score}", "mg/dl": "mg/dL", "mmol/l": "mmol/L", "cm": "cm", "m": "m", "kg": "kg", "g": "g", "%": "%",
    "{score}": "{score}", "cel": "Cel", "mm[hg]": "mm[Hg]", "/min": "/min", "kg/m2": "kg/m2",
    "lb": "[lb_av]", "[in_i]": "[in_i]", "[lb_av]": "[lb_av]", "[degf]": "[degF]", "{beats}/min": "/min", "{breaths}/min": "/min",
}  # fmt: skip
"""Units as people and servers write them (lower case) → UCUM."""
_FACTORS = {
    ("g", "kg"): Decimal("0.001"), ("[lb_av]", "kg"): Decimal("0.45359237"), ("m", "cm"): Decimal(100), ("[in_i]", "cm"): Decimal("2.54"),
    ("mm", "cm"): Decimal("0.1"),
}  # fmt: skip


def ucum_of(text: str) -> str:
    """UCUM code of a written unit; an unknown unit stays."""
    return _TEXTS.get(text.strip().lower(), text.strip())


def convert(value: Decimal, from_unit: str, to_unit: str) -> Decimal | None:
    """``value`` in another unit; ``None`` if there is no conversion."""
    from_unit = ucum_of(from_unit)
    if from_unit == to_unit:
        return value
    if (from_unit, to_unit) == ("[degF]", "Cel"):
        return ((value - 32) / Decimal("1.8")).quantize(Decimal("0.01")).normalize()
    factor = _FACTORS.get((from_unit, to_unit))
    return None if factor is None else (value * factor).normalize()
