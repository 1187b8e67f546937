"""Vital signs that people typed: text → number in the sign's only unit, inside its range, or a reason to refuse the record.

Ranges: LEDI's. It gives none for temperature, BMI, calf, single pressures and pain: ours are wide enough for any
living patient and still stop a lost decimal point (365 for 36,5). Whole numbers that LEDI asks for may come with a decimal part: it does
no harm.
"""

from __future__ import annotations

from typing import Any

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping import numbers
from include.fusion.model.atendimento import SINAIS

FAIXAS = {
    "PESO": (0.5, 500.0),
    "ALTURA": (20.0, 250.0),
    "IMC": (3.0, 250.0),
    "FREQUENCIA_CARDIACA": (0.0, 999.0),
    "FREQUENCIA_RESPIRATORIA": (0.0, 200.0),
    "TEMPERATURA": (10.0, 50.0),
    "SATURACAO_O2": (0.0, 100.0),
    "GLICEMIA_CAPILAR": (0.0, 800.0),
    "PERIMETRO_CEFALICO": (10.0, 200.0),
    "CIRCUNFERENCIA_ABDOMINAL": (0.0, 99999.0),
    "PERIMETRO_PANTURRILHA": (1.0, 200.0),
    "PRESSAO_SISTOLICA": (0.0, 400.0),
    "PRESSAO_DIASTOLICA": (0.0, 300.0),
    "PRESSAO_MEDIA": (0.0, 350.0),
    "DOR": (0.0, 10.0),
}
"""Sign → lowest and highest value."""
_FATORES = {("kg", "g"): 0.001, ("cm", "m"): 100.0}
"""(unit of the sign, unit it was taken in) → factor; any other difference is refused."""
_CM_DE_MERCURIO = {"PRESSAO_SISTOLICA": 30, "PRESSAO_DIASTOLICA": 16, "PRESSAO_MEDIA": 20}


def ilegivel(sinal: str, motivo: str, onde: str) -> RegistroInvalido:
    """The refusal, with the sign and the row (``onde``) that cannot be trusted, never the value."""
    return RegistroInvalido(f"sinaisVitais.{sinal}", f"{motivo} ({onde})")


def fator(sinal: str, unidade: str | None, onde: str) -> float:
    """What a value taken in ``unidade`` (UCUM; ``None``: the sign's own) is multiplied by."""
    if unidade is None or unidade == SINAIS[sinal]:
        return 1
    try:
        return _FATORES[SINAIS[sinal], unidade]
    except KeyError:
        raise ilegivel(sinal, f"unidade diferente de {SINAIS[sinal]}", onde) from None


def _conferir(sinal: str, valor: float, onde: str) -> None:
    minimo, maximo = FAIXAS[sinal]
    if not minimo <= valor <= maximo:
        raise ilegivel(sinal, f"fora do intervalo {minimo:g} a {maximo:g} {SINAIS[sinal]}", onde)
    # "12/8" is how it is said, in cmHg: sent as mmHg it would read as a dying patient.
    if 0 < valor < _CM_DE_MERCURIO.get(sinal, 0):
        raise ilegivel(sinal, "parece estar em cmHg, esperado mmHg", onde)


def medida(sinal: str, bruto: Any, onde: str, fator: float = 1) -> float | None:
    """Value of one sign, times ``fator`` (from the unit it was taken in); ``None`` where nothing was written."""
    try:
        valor = numbers.numero(bruto, sinal)
    except RegistroInvalido:
        raise ilegivel(sinal, "valor ilegível", onde) from None
    if valor is None:
        return None
    if fator != 1:
        valor = round(valor * fator, 6)
    elif sinal == "ALTURA" and 0 < valor < 3:
        valor = round(valor * 100, 1)  # typed in metres
    _conferir(sinal, valor, onde)
    return valor


def pressao(bruto: Any, onde: str) -> list[tuple[str, float]]:
    """Systolic and diastolic pressure of one text (``120/80``); empty where nothing was written."""
    try:
        par = numbers.pressao(bruto, "PRESSAO")
    except RegistroInvalido:
        raise ilegivel("PRESSAO_SISTOLICA", "valor ilegível, esperado sistólica/diastólica", onde) from None
    if par is None:
        return []
    medidas = [("PRESSAO_SISTOLICA", par[0]), ("PRESSAO_DIASTOLICA", par[1])]
    for sinal, valor in medidas:
        _conferir(sinal, valor, onde)
    return medidas
