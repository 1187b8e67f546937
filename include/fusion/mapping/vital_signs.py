"""Vital signs as people type them: text → number in the sign's unit and inside its range, or a reason to refuse the record.

The ranges are those of LEDI. LEDI has none for temperature, BMI, calf, single pressures and pain: ours fit any living patient
but catch a lost decimal point (365 for 36,5). Where LEDI asks for whole numbers, decimals are accepted: they do no harm.
"""

from __future__ import annotations

from typing import Any

from include.fusion.errors import InvalidRecord
from include.fusion.mapping import numbers
from include.fusion.model.atendimento import SINAIS

RANGES = {
    "PESO": (0.5, 500.0), "ALTURA": (20.0, 250.0), "IMC": (3.0, 250.0), "TEMPERATURA": (10.0, 50.0), "DOR": (0.0, 10.0),
    "FREQUENCIA_CARDIACA": (0.0, 999.0), "FREQUENCIA_RESPIRATORIA": (0.0, 200.0), "SATURACAO_O2": (0.0, 100.0),
    "GLICEMIA_CAPILAR": (0.0, 800.0), "PERIMETRO_CEFALICO": (10.0, 200.0), "CIRCUNFERENCIA_ABDOMINAL": (0.0, 99999.0),
    "PERIMETRO_PANTURRILHA": (1.0, 200.0), "PRESSAO_SISTOLICA": (0.0, 400.0), "PRESSAO_DIASTOLICA": (0.0, 300.0),
    "PRESSAO_MEDIA": (0.0, 350.0),
}  # fmt: skip
"""Sign → lowest and highest value."""
_FACTORS = {("kg", "g"): 0.001, ("cm", "m"): 100.0}
"""(unit of the sign, unit at the source) → factor. Any other unit is refused."""
_CM_OF_MERCURY = {"PRESSAO_SISTOLICA": 30, "PRESSAO_DIASTOLICA": 16, "PRESSAO_MEDIA": 20}


def unreadable(sign: str, reason: str, where: str) -> InvalidRecord:
    """The error: names the sign and its row (``where``), never the value."""
    return InvalidRecord(f"sinaisVitais.{sign}", f"{reason} ({where})")


def factor(sign: str, unit: str | None, where: str) -> float:
    """Factor from ``unit`` (UCUM; ``None``: the sign's own unit) to the sign's unit."""
    if unit is None or unit == SINAIS[sign]:
        return 1
    try:
        return _FACTORS[SINAIS[sign], unit]
    except KeyError:
        raise unreadable(sign, f"unidade diferente de {SINAIS[sign]}", where) from None


def _check(sign: str, value: float, where: str) -> None:
    minimum, maximum = RANGES[sign]
    if not minimum <= value <= maximum:
        raise unreadable(sign, f"fora do intervalo {minimum:g} a {maximum:g} {SINAIS[sign]}", where)
    # People say "12/8", in cmHg: as mmHg that would be a dying patient.
    if 0 < value < _CM_OF_MERCURY.get(sign, 0):
        raise unreadable(sign, "parece estar em cmHg, esperado mmHg", where)


def measure(sign: str, raw: Any, where: str, factor: float = 1) -> float | None:
    """Value of one sign times ``factor`` (see :func:`factor`); ``None`` where nothing was written."""
    try:
        value = numbers.to_number(raw, sign)
    except InvalidRecord:
        raise unreadable(sign, "valor ilegível", where) from None
    if value is None:
        return None
    if factor != 1:
        value = round(value * factor, 6)
    elif sign == "ALTURA" and 0 < value < 3:
        value = round(value * 100, 1)  # typed in metres
    _check(sign, value, where)
    return value


def pressure(raw: Any, where: str) -> list[tuple[str, float]]:
    """Systolic and diastolic pressure from one text (``120/80``); empty where nothing was written."""
    try:
        pair = numbers.pressure(raw, "PRESSAO")
    except InvalidRecord:
        raise unreadable("PRESSAO_SISTOLICA", "valor ilegível, esperado sistólica/diastólica", where) from None
    if pair is None:
        return []
    measures = [("PRESSAO_SISTOLICA", pair[0]), ("PRESSAO_DIASTOLICA", pair[1])]
    for sign, value in measures:
        _check(sign, value, where)
    return measures
