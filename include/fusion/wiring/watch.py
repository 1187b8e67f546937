"""Makes watch plans (see ``include.fusion.change.watch_plan``): plain data, the same at every parse until settings or statements change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from include.fusion.errors import InvalidConfiguration
from include.fusion.reading.spec import SystemSpec
from include.fusion.reading.statements import statement_path, statement_text
from include.fusion.settings import Integracao
from include.fusion.settings.sections import BuscaPendencias
from include.fusion.wiring import FACE
from include.fusion.wiring.systems import PRESENCE, SEARCH, switched_on

# Every parse of a DAG file makes plans: nothing here may import SQLAlchemy.
_MARKERS: Mapping[Any, str] = {datetime.fromisoformat: "moment", int: "integer", str: "text"}


def watch_plan(integracao: Integracao) -> dict[str, Any]:
    """What this entry's watcher does. :raises InvalidConfiguration: a statement is missing, or a plan cannot carry the kind of marker."""
    system, search, names = switched_on(integracao), integracao.search, integracao.conexoes
    watched = search.habilitado and search.vigiar_origem
    return {
        "format": FACE,
        "integration": integracao.id,
        "every": search.intervalo_vigia.total_seconds(),
        "connections": {"queues": names.database, "source": names.origem, "fusion": names.fusion_api},
        "number": integracao.integracao_id,
        "queues": queues(integracao, system),
        "presence": PRESENCE,
        "watermarks": SEARCH,
        "due_every": integracao.search_interval.total_seconds() if search.habilitado and not watched else None,
        "source": source_plan(integracao, system) if watched and not system.serves_pendencias else None,
        "pendencies": _pendencies(integracao, system) if watched and system.serves_pendencias else None,
    }


def queues(integracao: Integracao, system: SystemSpec) -> list[list[str]]:
    """[table, process] of every queue whose rows are a reason to run."""
    own = [p for p in system.processos if integracao.delivery_of(p.nome).habilitado]
    return [[p.table, p.nome] for p in (*own, *([system.requests] if system.requests is not None else ()))]


def source_plan(integracao: Integracao, system: SystemSpec, step: str | None = None) -> dict[str, Any]:
    """What the watcher asks the source: for one search step, or for all."""
    if system.read_marker not in _MARKERS:
        raise InvalidConfiguration(f"{system.nome}: ler_marcador: a watcher knows markers that are a moment, an integer or a text only")
    overlap = integracao.search_of(step or "").sobreposicao

    def statement(name: str) -> str:
        return statement_text(statement_path(system.nome, name, integracao.pasta_sql))

    tables = [t for t in system.snapshots if step in (None, t.step)]
    return {
        "system": system.nome,
        "marker": _MARKERS[system.read_marker],
        "journals": [statement(d.sql_probe) for d in system.journals if step in (None, d.step)],
        "origins": [
            {
                "name": o.nome,
                "requires": list(o.requires),
                "overlap": o.window(overlap).total_seconds(),
                "change": statement(o.sql),
                "probe": statement(o.sql_probe),
            }
            for o in system.origins
            if step in (None, o.step)
        ],
        "tables": [{"name": t.nome, "table": t.table, "main": t.principal, "blocks": statement(t.sql_blocks)} for t in tables],
        "counters": statement(system.sql_changes) if tables and system.sql_changes else "",
    }


def _pendencies(integracao: Integracao, system: SystemSpec) -> dict[str, Any]:
    search, first = BuscaPendencias.of(integracao.search), system.processos[0]
    return {
        "path": integracao.rotas.aplicacao_pendencia,
        "application": search.aplicacao,
        "served": list(search.atende),
        "page": search.pagina,
        "table": first.table,
        "process": first.nome,
    }
