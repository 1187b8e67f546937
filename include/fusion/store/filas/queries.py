"""Questions about a queue, in portable SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal_column, null, or_, select

from include.fusion.store.clock import agora
from include.fusion.store.filas.dialect import Dialeto, Escopo

PENDENTE: ColumnElement[str] = literal_column("'pendente'")
RESERVADO: ColumnElement[str] = literal_column("'reservado'")


def por_situacao(escopo: Escopo) -> Select[str, int]:
    t = escopo.tabela.c
    return (
        select(t.situacao, func.count()).where(t.integracao_id == escopo.integracao_id, t.processo == escopo.processo).group_by(t.situacao)
    )


def vencidos(dialeto: Dialeto, escopo: Escopo) -> Select[int]:
    """Rows of the whole integration whose lease ran out: one process's dead worker must not hold up another's patients."""
    t = escopo.tabela.c
    return select(t.id).where(*dialeto.condicoes(escopo, ("reservado",), processo=False), t.reservado_ate < agora())


def prontos(dialeto: Dialeto, escopo: Escopo) -> Select[int]:
    """How many deliveries could start now: patients with a due first pending row and none in flight, and rows without a patient."""
    t = escopo.tabela.c
    em_voo = and_(t.situacao == RESERVADO, t.reservado_ate >= agora())
    sem_paciente: ColumnElement[Any] = case((t.chave_paciente.is_(None), t.id))
    primeira = func.row_number().over(
        partition_by=[t.chave_paciente, sem_paciente],
        order_by=[case((em_voo, 0), else_=1), t.prioridade, t.id],
    )
    devida = and_(~em_voo, or_(t.situacao == RESERVADO, t.proxima_tentativa_em.is_(None), t.proxima_tentativa_em <= agora()))
    outras = [or_(t.situacao == RESERVADO, t.processo.not_in(escopo.parados))] if escopo.parados else []
    fila = (
        select(t.processo, primeira.label("ordem"), case((devida, 1), else_=0).label("devida"))
        .where(*dialeto.condicoes(escopo, ("pendente", "reservado"), processo=False), *outras)
        .subquery("f")
    )
    return select(func.count()).select_from(fila).where(fila.c.ordem == 1, fila.c.devida == 1, fila.c.processo == escopo.processo)


def proxima_espera(dialeto: Dialeto, escopo: Escopo) -> Select[datetime | None]:
    """When the next waiting row falls due."""
    t = escopo.tabela.c
    return select(func.min(t.proxima_tentativa_em)).where(*dialeto.condicoes(escopo, ("pendente",)), t.proxima_tentativa_em > agora())


def proximo_prazo(escopo: Escopo) -> Select[datetime | None]:
    """When the next lease runs out that is of this queue or holds up a patient of it."""
    t, outra = escopo.tabela, escopo.tabela.alias("p")
    segura = exists(select(null()).where(
        outra.c.integracao_id == t.c.integracao_id, outra.c.chave_paciente == t.c.chave_paciente,
        outra.c.situacao == PENDENTE, outra.c.processo == escopo.processo,
    ))  # fmt: skip
    return select(func.min(t.c.reservado_ate)).where(
        t.c.integracao_id == escopo.integracao_id, t.c.situacao == RESERVADO, or_(t.c.processo == escopo.processo, segura)
    )
