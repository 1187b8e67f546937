"""Numbers as sources write them, blood pressure among them."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping.values import texto

_NUMERO = re.compile(r"[+-]?(?:[0-9]{1,12}(?:[.,][0-9]{0,12})?|[.,][0-9]{1,12})")


_MILHARES = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3}){1,3}(?:,[0-9]{1,12})?")


_AMBIGUO = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")


_PRESSAO = re.compile(r"([0-9]{1,3}) *[/xX\\] *([0-9]{1,3})")


def numero(valor: Any, campo: str) -> float | None:
    """A finite number: ``'36,5'``, ``'36.5'``, ``'1.234,56'``, Decimal, int. One dot alone is a decimal point."""
    if valor is None:
        return None
    if isinstance(valor, (int, float, Decimal)):
        try:
            if math.isfinite(valor):
                return float(valor)
        except OverflowError:
            pass
        raise RegistroInvalido(campo, "número inválido")
    limpo = texto(valor)
    if limpo is None:
        return None
    if _NUMERO.fullmatch(limpo):
        return float(limpo.replace(",", "."))
    if _MILHARES.fullmatch(limpo):
        return float(limpo.replace(".", "").replace(",", "."))
    raise RegistroInvalido(campo, "número inválido")


def numero_se_houver(valor: Any) -> float | None:
    """The number a text consists of, or ``None`` where it is prose (a result may be ``'12,5'`` or ``'não reagente'``).

    ``'250.000'`` may be a quarter of a million or two hundred and fifty: the text travels, and nobody guesses the number.
    """
    if isinstance(valor, str) and _AMBIGUO.fullmatch(valor.strip()):
        return None
    try:
        return numero(valor, "")
    except RegistroInvalido:
        return None


def por_escrito(valor: float | None) -> str | None:
    """A number as people write it here, to six places and with a comma: "1.125" would read as more than a thousand."""
    return None if valor is None else f"{valor:.6f}".rstrip("0").rstrip(".").replace(".", ",")


def pressao(valor: Any, campo: str) -> tuple[float, float] | None:
    """Systolic and diastolic pressure in mm[Hg] from ``'120/80'`` or ``'120 x 80'``."""
    limpo = texto(valor)
    if limpo is None:
        return None
    achado = _PRESSAO.fullmatch(limpo)
    if achado is None:
        raise RegistroInvalido(campo, "pressão arterial inválida")
    return float(achado[1]), float(achado[2])
