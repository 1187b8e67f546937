"""A record's sections: rows by kind, items made of them, errors that name their section."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, wraps
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from include.fusion.errors import RegistroInvalido, motivo_de
from include.fusion.mapping.values import _R, _T

if TYPE_CHECKING:
    from include.fusion.reading.spec import Contexto, Linha


def se_houver(modelo: type[_T], **campos: Any) -> _T | None:
    """``modelo`` of the fields given, or ``None`` when all are empty."""
    return modelo(**campos) if any(v is not None for v in campos.values()) else None


@lru_cache(maxsize=20_000)
def _guardado(modelo: type[_T], campos: tuple[tuple[str, Any], ...]) -> _T:
    return modelo(**dict(campos))


def repetido(modelo: type[_T], **campos: str | None) -> _T | None:
    """:func:`se_houver` for what thousands of records share (professionals, units): equal texts give one frozen instance."""
    return _guardado(modelo, tuple(campos.items())) if any(v is not None for v in campos.values()) else None


def memorizado(
    colunas: Sequence[str], opcionais: Sequence[str] = ()
) -> Callable[[Callable[[Linha, Contexto], _R]], Callable[[Linha, Contexto], _R]]:
    """Decorator for what is made of these columns of a row alone, and signs thousands of rows (a professional): made once per run.

    ``opcionais``: columns that a site's SQL may leave out. Two or more ``colunas``.
    """
    obrigatorias = itemgetter(*colunas)
    nomes = (*colunas, *opcionais)

    def decorar(montar: Callable[[Linha, Contexto], _R]) -> Callable[[Linha, Contexto], _R]:
        @lru_cache(maxsize=10_000)
        def guardado(valores: tuple[Any, ...], ctx: Contexto) -> _R:
            return montar(dict(zip(nomes, valores, strict=True)), ctx)

        @wraps(montar)
        def de(linha: Linha, ctx: Contexto) -> _R:
            return guardado((*obrigatorias(linha), *map(linha.get, opcionais)), ctx)

        return de

    return decorar


def em(secao: str, montar: Callable[..., _R], *valores: Any) -> _R:
    """``montar(*valores)`` with the section put before the field that pydantic complains about: a CPF may be the patient's or not."""
    try:
        return montar(*valores)
    except ValidationError as erro:
        campo, _, motivo = motivo_de(erro).partition(": ")
        raise RegistroInvalido(f"{secao}.{campo}", motivo) from None


def linhas(dados: Mapping[str, Sequence[Linha]], nome: str) -> Sequence[Linha]:
    """Rows of one data kind; none where the kind was not read."""
    return dados.get(nome) or ()


def unica(dados: Mapping[str, Sequence[Linha]], nome: str) -> Linha:
    """The one row of a kind that must have exactly one."""
    achadas = linhas(dados, nome)
    if len(achadas) != 1:
        raise RegistroInvalido(nome, "registro não existe mais na origem" if not achadas else "registro duplicado na origem")
    return achadas[0]
