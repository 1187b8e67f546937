"""A system's description, found by name, and as much of it as an entry's settings have switched on."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

from include.fusion.reading.spec import Sistema
from include.fusion.settings import Integracao

BUSCA = "carga"
"""Process under which the watermarks of live traffic are kept."""
PLANTAO = "importacao"
"""Process under which a run of the integration says that it is at work."""
PEDIDOS = ("PendenciaBuscaAtendimentos", "busca_atendimentos_paciente")
"""Queue table and process of the patients that Fusion asks for."""
_PARTES = ("origens", "diarios", "rondas", "retratos")


def sistema_de(integracao: Integracao) -> Sistema:
    """The source system's own module, found by its name."""
    sistema: Sistema = importlib.import_module(f"include.fusion.sistemas.{integracao.sistema}.system").SISTEMA
    return sistema


def switched_on(integracao: Integracao) -> Sistema:
    """The source system without what a search step that is switched off looks at: neither a watcher nor a last step may do its work."""
    whole = sistema_de(integracao)

    def on(step: str) -> bool:
        return bool(getattr(getattr(integracao, step, None), "habilitado", True))

    parts: dict[str, Any] = {name: tuple(x for x in getattr(whole, name) if on(x.passo)) for name in _PARTES}
    return replace(whole, **parts)


def steps(integracao: Integracao) -> frozenset[str]:
    """Names of the search steps into which the system divides what it looks at."""
    whole = sistema_de(integracao)
    return frozenset(part.passo for name in _PARTES for part in getattr(whole, name)) - {""}
