"""The face of the engine: what DAG files and plugins call. It joins a system's description, its settings and the engine's parts.

DAG files and this package come by Git, plugins come with the image. ``FACE`` numbers what they say to one another here, watch plans included;
plugins carry the number that they were written for. Raise both when an older image could not go on with a newer engine, or the reverse.

Importing this package is cheap; ``names`` is the rest of the face.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from include.fusion.settings import Integracao

FACE = 2
"""Version 1 was the release in which the plugins themselves put runs together, and had no number."""


def plugin(module: str) -> Any:
    """A module of the plugins, by name: DAG files reach plugins through here only. :raises ImportError: they are of another version."""
    spoken = getattr(importlib.import_module("fusion_airflow"), "FACE", 1)
    if spoken != FACE:
        raise ImportError(f"rebuild the image: its plugins speak {spoken}, this engine speaks {FACE}")
    return importlib.import_module(f"fusion_airflow.{module}")


def integration(settings: type[Integracao], doc: str, *, system: str | None = None) -> Iterator[tuple[Any, Any]]:
    """The live DAG of every installed entry of these settings, with what makes its steps (``fusion_airflow.dags.integration.Steps``).

    ``system``: of systems that share a class, only this one's entries.
    """
    dags = plugin("dags.integration")
    return (dags.live(entry, doc) for entry in _installed(settings, system))


def initial_load(settings: type[Integracao], doc: str) -> Iterator[tuple[Any, Any]]:
    """The DAG that loads the history once, of every entry whose settings have a section for it."""
    dags = plugin("dags.integration")
    return (dags.history(entry, doc) for entry in _installed(settings, None) if entry.initial_load is not None)


def fhir(dag_id: str, doc: str, **options: Any) -> tuple[Any, Any]:
    """A DAG of the FHIR module, with what makes its steps (``fusion_airflow.dags.fhir``)."""
    dag_and_steps: tuple[Any, Any] = plugin("dags.fhir").fhir_dag(dag_id, doc, **options)
    return dag_and_steps


def _installed(settings: type[Integracao], system: str | None) -> tuple[Integracao, ...]:
    from include.fusion.settings import installed

    return installed(settings, system=system)
