"""Helpers of every source mapping: what drivers return → what the canonical model takes.

Drivers differ (a date as text, a flag as Decimal, a key as UUID) and so do sites; each helper takes any of these, gives
``None`` for "nothing there" and raises ``RegistroInvalido(campo, motivo)``, never with the value in it.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping.rich_text import rtf_incompleto, texto_simples

_T = TypeVar("_T", bound=BaseModel)
_R = TypeVar("_R")
# C0 and C1 controls other than tab, LF and CR, DEL and lone surrogates.
_CONTROLES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_WINDOWS = re.compile("[\x80-\x9e]")
_DO_WORD = {0x0B: "\n", 0x0C: "\n", 0x1E: "-"}
"""Line break, page break and non-breaking hyphen, as pasted text keeps them."""
_DIGITOS_SEM_DDD_MAX = 9
_NAO_DIGITOS = re.compile(r"[^0-9]+")
_UF = re.compile("[A-Z]{2}")
_NAO_CBO = re.compile("[^0-9A-Z]")
_SIM = frozenset({"1", "S", "SIM", "T", "TRUE", "V", "Y"})
_NAO = frozenset({"0", "N", "NAO", "NÃO", "F", "FALSE"})


def limpar_texto(valor: str) -> str | None:
    """Drop control characters and outer blanks; an empty text becomes ``None``.

    Quotes, dashes and the like of Windows clients are C1 controls in a database in Latin-1, and Word breaks lines with a vertical tab: dropped,
    "5–10 mg", "5…10 mg" or two lines "5" and "10 mg" would read as 510 mg.
    """
    valor = _WINDOWS.sub(lambda c: c[0].encode("latin-1").decode("cp1252", "ignore"), valor.translate(_DO_WORD))
    return _CONTROLES.sub("", valor).strip() or None


def texto(valor: Any) -> str | None:
    """Cleaned one-format text; blank is ``None``. HTML and RTF stay: see :func:`texto_clinico`."""
    # A record has hundreds: nearly every one is empty or one printable line, which has nothing to clean.
    if valor is None:
        return None
    if isinstance(valor, str) and valor.isprintable():
        return valor.strip() or None
    return limpar_texto(str(valor))


def texto_clinico(valor: Any) -> str | None:
    """Like :func:`texto`, with HTML or RTF turned into plain text."""
    limpo = texto(valor)
    if limpo is None:
        return None
    simples = texto_simples(limpo)
    return limpo if simples is limpo else limpar_texto(simples)


def nota(valor: Any, campo: str, onde: str) -> str | None:
    """Like :func:`texto_clinico`, of a text that was kept whole: a damaged RTF is refused with its row, since half a note may mislead."""
    limpo = texto(valor)
    if limpo is not None and rtf_incompleto(limpo):
        raise RegistroInvalido(campo, f"RTF incompleto ou corrompido ({onde})")
    return texto_clinico(limpo)


def codigo(valor: Any) -> str | None:
    """A code or key as text: ``7``, ``Decimal('7')``, ``7.0`` and ``' 7 '`` are all ``'7'``; a UUID is its lower-case text."""
    if valor is None:
        return None
    if isinstance(valor, (bool, int)):
        return str(int(valor))
    if isinstance(valor, (Decimal, float)) and math.isfinite(valor) and valor == int(valor):
        return str(int(valor))
    return texto(valor)


def digitos(valor: Any, tamanho: int = 0) -> str | None:
    """Only the digits. A number that lost its leading zeros gets them back, up to ``tamanho``; a text does not."""
    limpo = codigo(valor)
    if limpo is None:
        return None
    so = limpo if limpo.isascii() and limpo.isdigit() else _NAO_DIGITOS.sub("", limpo)
    return (so.zfill(tamanho) if isinstance(valor, (int, Decimal)) else so) or None


def digitos_exatos(valor: Any, *tamanhos: int) -> str | None:
    """Digits of a registry number of one of these lengths; anything else is no such number and is left out."""
    so = digitos(valor)
    if so is not None and len(so) < tamanhos[0] and len(tamanhos) == 1:
        so = so.zfill(tamanhos[0])
    return so if so is not None and len(so) in tamanhos else None


def booleano(valor: Any, padrao: bool = False, campo: str = "indicador") -> bool:
    """bool, 0/1 of any numeric type, S/N, text or bytes; ``padrao`` where there is nothing."""
    if isinstance(valor, bool):
        return valor
    if valor is None:
        return padrao
    if isinstance(valor, (int, float, Decimal)):
        return valor != 0
    if isinstance(valor, (bytes, bytearray)):
        return any(valor)
    limpo = (texto(valor) or "").upper()
    if limpo in _SIM or limpo in _NAO:
        return limpo in _SIM
    if not limpo:
        return padrao
    raise RegistroInvalido(campo, "indicador inválido")
