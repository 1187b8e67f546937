"""Makes watch plans (``include.fusion.change.watch_plan``): plain data, the same at every parse until something changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.reading.spec import Sistema
from include.fusion.reading.statements import statement_path, statement_text
from include.fusion.settings import Integracao
from include.fusion.settings.sections import BuscaPendencias
from include.fusion.wiring import FACE
from include.fusion.wiring.systems import BUSCA, PLANTAO, switched_on

# Every parse of a DAG file makes plans: nothing here may import SQLAlchemy.
_MARKERS: Mapping[Any, str] = {datetime.fromisoformat: "moment", int: "integer", str: "text"}


def watch_plan(integracao: Integracao) -> dict[str, Any]:
    """What this entry's watcher does. :raises ConfiguracaoInvalida: a statement that is not there, a marker that no plan can carry."""
    system, search, names = switched_on(integracao), integracao.busca, integracao.conexoes
    watched = search.habilitado and search.vigiar_origem
    return {
        "format": FACE,
        "integration": integracao.id,
        "every": search.intervalo_vigia.total_seconds(),
        "connections": {"queues": names.banco, "source": names.origem, "fusion": names.fusion_api},
        "number": integracao.integracao_id,
        "queues": queues(integracao, system),
        "presence": PLANTAO,
        "watermarks": BUSCA,
        "due_every": integracao.intervalo_busca.total_seconds() if search.habilitado and not watched else None,
        "source": source_plan(integracao, system) if watched and not system.atende_pendencias else None,
        "pendencies": _pendencies(integracao, system) if watched and system.atende_pendencias else None,
    }


def queues(integracao: Integracao, system: Sistema) -> list[list[str]]:
    """[table, process] of every queue whose rows are a reason to run."""
    own = [p for p in system.processos if integracao.entrega_de(p.nome).habilitado]
    return [[p.tabela, p.nome] for p in (*own, *([system.requests] if system.requests is not None else ()))]


def source_plan(integracao: Integracao, system: Sistema, step: str | None = None) -> dict[str, Any]:
    """What is asked at the source: of one search step, or of all."""
    if system.ler_marcador not in _MARKERS:
        raise ConfiguracaoInvalida(f"{system.nome}: ler_marcador: a watcher knows markers that are a moment, an integer or a text only")
    overlap = integracao.busca_de(step or "").sobreposicao

    def said(name: str) -> str:
        return statement_text(statement_path(system.nome, name, integracao.pasta_sql))

    tables = [t for t in system.retratos if step in (None, t.passo)]
    return {
        "system": system.nome,
        "marker": _MARKERS[system.ler_marcador],
        "journals": [said(d.sql_vigia) for d in system.diarios if step in (None, d.passo)],
        "origins": [
            {
                "name": o.nome,
                "requires": list(o.exige),
                "overlap": o.janela(overlap).total_seconds(),
                "change": said(o.sql),
                "probe": said(o.sql_vigia),
            }
            for o in system.origens
            if step in (None, o.passo)
        ],
        "tables": [{"name": t.nome, "table": t.tabela, "main": t.principal, "blocks": said(t.sql_blocos)} for t in tables],
        "counters": said(system.sql_mudancas) if tables and system.sql_mudancas else "",
    }


def _pendencies(integracao: Integracao, system: Sistema) -> dict[str, Any]:
    search, first = BuscaPendencias.of(integracao.busca), system.processos[0]
    return {
        "rota": integracao.rotas.aplicacao_pendencia,
        "aplicacao": search.aplicacao,
        "atende": list(search.atende),
        "pagina": search.pagina,
        "table": first.tabela,
        "process": first.nome,
    }
