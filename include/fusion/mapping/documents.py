"""CPF, CNS, CID, CBO and telephone numbers as sources write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping.values import _DIGITOS_SEM_DDD_MAX, _NAO_CBO, _UF, codigo, digitos, texto
from include.fusion.model.types import Cns, Cpf

if TYPE_CHECKING:
    from include.fusion.reading.spec import Contexto


_CID = re.compile(r"([A-Z][0-9]{2})([0-9A-Z]{0,2})")


_CPF: TypeAdapter[str] = TypeAdapter(Cpf)


_CNS: TypeAdapter[str] = TypeAdapter(Cns)


def telefone(ddd: Any, numero: Any) -> str | None:
    """Area code and number as digits; a number that was typed with its area code does not get it twice."""
    so, area = digitos(numero), digitos(ddd)
    if so is None:
        return None
    return f"{area.lstrip('0')}{so}" if area and len(so) <= _DIGITOS_SEM_DDD_MAX else so


def uf(valor: Any) -> str | None:
    """Two capital letters, or nothing."""
    sigla = (texto(valor) or "").upper()
    return sigla if _UF.fullmatch(sigla) else None


def cbo(valor: Any) -> str | None:
    """CBO code without punctuation (``2251-25`` → ``225125``); what cannot be one is left out."""
    limpo = _NAO_CBO.sub("", (codigo(valor) or "").upper())
    return limpo if 4 <= len(limpo) <= 6 else None


def _documento(valor: Any, tamanho: int, regra: TypeAdapter[str], ctx: Contexto) -> str | None:
    numero = digitos(valor, tamanho)
    if numero is None:
        # Something without a single digit is a wrong document; the model must see and refuse it, or it is left out.
        numero = None if texto(valor) is None else "?"
    if numero is not None and ctx.omitir_documento_invalido:
        try:
            regra.validate_python(numero)
        except ValidationError:
            return None
    return numero


def cpf(valor: Any, ctx: Contexto) -> str | None:
    """Digits of a CPF; an invalid one is left for the model to refuse, or dropped where the installation says so."""
    return _documento(valor, 11, _CPF, ctx)


def cns(valor: Any, ctx: Contexto) -> str | None:
    """Like :func:`cpf`, for the national health card."""
    return _documento(valor, 15, _CNS, ctx)


def cid(valor: Any, campo: str = "cid10") -> str | None:
    """ICD-10 with its dot: ``E119`` → ``E11.9``, ``i10`` → ``I10`` (sources write it without)."""
    limpo = codigo(valor)
    if limpo is None:
        return None
    achado = _CID.fullmatch(limpo.upper().replace(".", "").rstrip("*+†- "))
    if achado is None:
        raise RegistroInvalido(campo, "CID-10 inválido")
    categoria, resto = achado.groups()
    return f"{categoria}.{resto}" if resto else categoria
