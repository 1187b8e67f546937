"""The face of the engine: what DAG files and plugins call. It joins a system's description, its settings and the engine's parts.

DAG files and this package come by Git, plugins come with the image. ``FACE`` numbers what they say to one another here, watch plans included;
plugins carry the number that they were written for. Raise both when an older image could not go on with a newer engine, or the reverse.

Importing this package is cheap: names are loaded when first asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from include.fusion.change.replay import Pedido, atender_pedidos
    from include.fusion.change.watch_plan import Watch
    from include.fusion.change.watcher import Alvo, Situacao, situacoes
    from include.fusion.change.window import Espreita
    from include.fusion.delivery.dry_run import simular
    from include.fusion.delivery.progress import Progresso
    from include.fusion.delivery.result import MuitosErros
    from include.fusion.delivery.route import Via
    from include.fusion.errors import ConfiguracaoInvalida, FusionError, FusionHubError, FusionIndisponivel, RegistroInvalido, motivo_de
    from include.fusion.http.fusion import ApiFusion, ClienteFusion
    from include.fusion.settings import Integracao
    from include.fusion.wiring.delivery import destino_de
    from include.fusion.wiring.look import Olhar, buscar, frase
    from include.fusion.wiring.parts import Montagem
    from include.fusion.wiring.runtime import CARGA_INICIAL
    from include.fusion.wiring.systems import sistema_de, steps, switched_on
    from include.fusion.wiring.watch import watch_plan

__all__ = [
    "CARGA_INICIAL", "Alvo", "ApiFusion", "ClienteFusion", "ConfiguracaoInvalida", "Espreita", "FusionError", "FusionHubError",
    "FusionIndisponivel", "Montagem", "MuitosErros", "Olhar", "Pedido", "Progresso", "RegistroInvalido", "Situacao", "Via", "Watch",
    "atender_pedidos", "buscar", "destino_de", "frase", "motivo_de", "simular", "sistema_de", "situacoes", "steps", "switched_on",
    "watch_plan",
]  # fmt: skip

FACE = 2
"""Version 1 was the release in which the plugins themselves put runs together, and had no number."""
_ROOMS = {
    "change.replay": ("Pedido", "atender_pedidos"),
    "change.watch_plan": ("Watch",),
    "change.watcher": ("Alvo", "Situacao", "situacoes"),
    "change.window": ("Espreita",),
    "delivery.dry_run": ("simular",),
    "delivery.progress": ("Progresso",),
    "delivery.result": ("MuitosErros",),
    "delivery.route": ("Via",),
    "errors": ("ConfiguracaoInvalida", "FusionError", "FusionHubError", "FusionIndisponivel", "RegistroInvalido", "motivo_de"),
    "http.fusion": ("ApiFusion", "ClienteFusion"),
    "wiring.delivery": ("destino_de",),
    "wiring.look": ("Olhar", "buscar", "frase"),
    "wiring.parts": ("Montagem",),
    "wiring.runtime": ("CARGA_INICIAL",),
    "wiring.systems": ("sistema_de", "steps", "switched_on"),
    "wiring.watch": ("watch_plan",),
}
_WHERE = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"include.fusion.{_WHERE[name]}"), name)


def plugin(module: str) -> Any:
    """A module of the plugins, by name: DAG files reach plugins through here only. :raises ImportError: they are of another version."""
    spoken = getattr(importlib.import_module("fusion_airflow"), "FACE", 1)
    if spoken != FACE:
        raise ImportError(f"rebuild the image: its plugins speak {spoken}, this engine speaks {FACE}")
    return importlib.import_module(f"fusion_airflow.{module}")


def integration(settings: type[Integracao], doc: str, *, form: str = "atendimento", system: str | None = None) -> Iterator[tuple[Any, Any]]:
    """The live DAG of every installed entry of these settings, with what makes its steps (``fusion_airflow.dags.integration.Steps``).

    ``form``: which fields it takes (a key of ``FORMS`` there); ``system``: of systems that share a class, only this one's entries.
    """
    dags = plugin("dags.integration")
    return (dags.live(entry, doc, form) for entry in _installed(settings, system))


def initial_load(settings: type[Integracao], doc: str, section: str = "carga_inicial") -> Iterator[tuple[Any, Any]]:
    """The DAG that loads the history once, of every entry whose settings have that section."""
    dags = plugin("dags.integration")
    return (dags.history(entry, doc, section) for entry in _installed(settings, None) if getattr(entry, section) is not None)


def fhir(dag_id: str, doc: str, **options: Any) -> tuple[Any, Any]:
    """A DAG of the FHIR module, with what makes its steps (``fusion_airflow.dags.fhir``)."""
    dag_and_steps: tuple[Any, Any] = plugin("dags.fhir").fhir_dag(dag_id, doc, **options)
    return dag_and_steps


def _installed(settings: type[Integracao], system: str | None) -> tuple[Integracao, ...]:
    from include.fusion.settings import instaladas

    return instaladas(settings, sistema=system)
