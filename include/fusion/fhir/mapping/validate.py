"""What leaves is checked against the R4 models of ``fhir.resources`` first. Imported late: those models take seconds to load."""

from __future__ import annotations

import importlib
import json
from decimal import Decimal
from typing import Any

import orjson
from pydantic import ValidationError

from include.fusion.errors import RegistroInvalido


def conferir(recurso: dict[str, Any]) -> dict[str, Any]:
    """``recurso`` itself when it is a valid R4 resource; :class:`RegistroInvalido` with element paths only, never a value.

    The dictionary travels, not the model's own dump: that would rewrite decimals (72.50 as 72.5).
    """
    tipo = str(recurso.get("resourceType"))
    try:
        # Never the package's own names: those are R5 and drop what R4 has.
        modelo = getattr(importlib.import_module(f"fhir.resources.R4B.{tipo.lower()}"), tipo)
        modelo.model_validate(recurso)
    except (ImportError, AttributeError):
        raise RegistroInvalido(tipo[:40], "tipo de recurso desconhecido") from None
    except ValidationError as erro:
        campos = {
            ".".join(str(p) for p in e["loc"]) or tipo for e in erro.errors(include_input=False, include_context=False, include_url=False)
        }
        raise RegistroInvalido(tipo, f"não é FHIR R4 válido em {', '.join(sorted(campos))[:200]}") from None
    return recurso


def _numero(valor: Any) -> Any:
    # Written out, 1E+999999999 would fill the memory.
    if isinstance(valor, Decimal) and abs(valor.adjusted()) < 1000:
        return orjson.Fragment(format(valor, "f"))
    raise TypeError(type(valor).__name__)


def em_json(recurso: dict[str, Any] | list[dict[str, Any]]) -> bytes:
    """JSON with decimals as they are written, trailing zeros included (FHIR: precision is meaning)."""
    return orjson.dumps(recurso, default=_numero)


def de_json(dados: bytes | str) -> Any:
    """JSON with decimals kept exactly; ``ValueError`` when it is none. NaN and infinities are no JSON."""

    def recusar(nome: str) -> float:
        raise ValueError(nome)

    return json.loads(dados, parse_float=Decimal, parse_constant=recusar)
