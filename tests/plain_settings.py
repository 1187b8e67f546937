"""Settings as plain data, to be changed, and settings from such data."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from include.fusion.settings import Integracao
from include.fusion.settings.registry import settings_class


def as_data(integracao: Integracao) -> dict[str, Any]:
    """Plain JSON data from which :func:`from_data` makes the same settings."""
    return {name: _simple(value) for name, value in integracao.model_dump(by_alias=True).items()}


def from_data(data: dict[str, Any]) -> Integracao:
    """The settings that :func:`as_data` took apart."""
    kind = settings_class(data["sistema"])
    assert kind is not None
    return kind.model_validate(data)


def _simple(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _simple(v) for name, v in value.items()}
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, list):
        return [_simple(v) for v in value]
    return str(value) if isinstance(value, (Path, date)) else value
