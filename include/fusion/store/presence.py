"""Sign of life of a running delivery, by which the watcher knows that a change needs no new run.

Kept as a watermark row of its own: ``executado_em`` is the database's time of the last sign, so that clocks need not agree.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Engine, and_

from include.fusion.store.clock import agora, depois
from include.fusion.store.locks import gravar_linha
from include.fusion.store.tables import marca_dagua

VALIDADE = 6.0
"""Seconds that one sign holds: after a killed task the watcher waits this long at most."""
_ORIGEM, _PRESENTE, _AUSENTE = "plantao", "presente", "ausente"


def assinar(engine: Engine, integracao_id: int, processo: str, presente: bool) -> None:
    """Say that somebody works on this queue (again before ``VALIDADE`` runs out), or that nobody does any more."""
    chave = {"integracao_id": integracao_id, "processo": processo, "origem": _ORIGEM}
    with engine.begin() as con:
        gravar_linha(con, marca_dagua, chave, {"marcador": _PRESENTE if presente else _AUSENTE, "executado_em": agora()})


def presente(integracao_id: int, processo: str) -> ColumnElement[bool]:
    """Condition on ``marca_dagua``: somebody is on duty for this queue."""
    m = marca_dagua.c
    return and_(
        m.integracao_id == integracao_id,
        m.processo == processo,
        m.origem == _ORIGEM,
        m.marcador == _PRESENTE,
        m.executado_em > depois(-VALIDADE),
    )
