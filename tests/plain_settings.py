"""Settings as plain data, to be changed, and settings from such data."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from include.fusion.settings import Integracao
from include.fusion.settings.registry import settings_class


def como_dados(integracao: Integracao) -> dict[str, Any]:
    """Plain JSON data from which :func:`de_dados` makes the same settings."""
    return {nome: _simples(valor) for nome, valor in integracao.model_dump(by_alias=True).items()}


def de_dados(dados: dict[str, Any]) -> Integracao:
    """The settings that :func:`como_dados` took apart."""
    tipo = settings_class(dados["sistema"])
    assert tipo is not None
    return tipo.model_validate(dados)


def _simples(valor: Any) -> Any:
    if isinstance(valor, dict):
        return {nome: _simples(v) for nome, v in valor.items()}
    if isinstance(valor, timedelta):
        return valor.total_seconds()
    if isinstance(valor, list):
        return [_simples(v) for v in valor]
    return str(valor) if isinstance(valor, (Path, date)) else valor
