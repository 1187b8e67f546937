"""Reaches a database or a receiver; what cannot be reached becomes a finding."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from include.fusion.checkup.report import Finding
from include.fusion.errors import FusionHubError

T = TypeVar("T")
_TOLD = ("airflow", "include")
"""Packages whose errors speak of connections and settings only."""


def reach(name: str, do: Callable[[], T], found: list[Finding]) -> T | None:
    """What ``do`` returns, or ``None`` and a finding that says what did not answer."""
    try:
        return do()
    except Exception as error:  # Of a driver, of Airflow's connections, of the network: each makes it unknown, none ends the check-up.
        found.append(Finding("incerto", f"{name}: não respondeu", _why(error), "Confira a conexão em Admin › Connections, e a rede."))
        return None


def _why(error: Exception) -> str:
    if isinstance(error, DBAPIError):
        error = Exception(error.orig)
    elif not isinstance(error, FusionHubError | OSError) and type(error).__module__.split(".")[0] not in _TOLD:
        return type(error).__name__
    return next((line.strip()[:200] for line in str(error).splitlines() if line.strip()), type(error).__name__)
