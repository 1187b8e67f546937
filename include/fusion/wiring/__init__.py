"""The face of the engine: what DAG files and plugins call. It joins a system's spec, its settings and the engine's parts.

DAG files and this package come by Git, plugins come with the image. ``FACE`` is the version of this interface, watch plans included; plugins
carry the version they were written for. Raise both numbers when an older image cannot work with a newer engine, or the reverse.

Importing this package is cheap; ``names`` has the rest of the face and loads the engine.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from include.fusion.settings import Integracao

FACE = 3
"""Version 1 had no number: then the plugins themselves put runs together."""


def plugin(module: str) -> Any:
    """A module of the plugins, by name; DAG files reach plugins only through this. :raises ImportError: the plugins have another version."""
    spoken = getattr(importlib.import_module("fusion_airflow"), "FACE", 1)
    if spoken != FACE:
        raise ImportError(f"rebuild the image: its plugins speak {spoken}, this engine speaks {FACE}")
    if importlib.util.find_spec(f"fusion_airflow.{module}") is None:
        raise ImportError(f"rebuild the image: its plugins have no {module}")
    return importlib.import_module(f"fusion_airflow.{module}")


def integration(settings: type[Integracao], doc: str, *, system: str | None = None) -> Iterator[tuple[Any, Any]]:
    """For every installed entry of these settings: its live DAG, and the maker of its steps (``fusion_airflow.dags.integration.Steps``).

    ``system``: only this system's entries, where systems share a settings class.
    """
    dags = plugin("dags.integration")
    return (dags.live(entry, doc) for entry in _installed(settings, system))


def initial_load(settings: type[Integracao], doc: str) -> Iterator[tuple[Any, Any]]:
    """For every entry with an initial load: the DAG that loads the history once, and the maker of its steps."""
    dags = plugin("dags.integration")
    return (dags.history(entry, doc) for entry in _installed(settings, None) if entry.initial_load is not None)


def fhir(dag_id: str, doc: str, **options: Any) -> tuple[Any, Any]:
    """A DAG of the FHIR module, and the maker of its steps (``fusion_airflow.dags.fhir``)."""
    dag_and_steps: tuple[Any, Any] = plugin("dags.fhir").fhir_dag(dag_id, doc, **options)
    return dag_and_steps


def reconciliation(doc: str) -> tuple[Any, Any]:
    """The DAG that compares all installed entries with Fusion, and the maker of its steps (``fusion_airflow.dags.conciliacao``)."""
    dag_and_steps: tuple[Any, Any] = plugin("dags.conciliacao").reconciliation_dag(doc)
    return dag_and_steps


def checkup(doc: str) -> tuple[Any, Any]:
    """The DAG that checks installations, and the maker of its steps (``fusion_airflow.dags.conferencia``)."""
    dag_and_steps: tuple[Any, Any] = plugin("dags.conferencia").checkup_dag(doc)
    return dag_and_steps


def _installed(settings: type[Integracao], system: str | None) -> tuple[Integracao, ...]:
    from include.fusion.settings import installed

    return installed(settings, system=system)
