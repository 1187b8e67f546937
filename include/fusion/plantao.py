"""Sign of life of a running delivery, by which the watcher knows that a change needs no new run."""

from __future__ import annotations

from sqlalchemy import Engine, insert, update
from sqlalchemy.exc import IntegrityError

from include.fusion.relogio import depois
from include.fusion.tabelas import plantao


def assinar(engine: Engine, integracao_id: int, processo: str, segundos: float) -> None:
    """Say that somebody works on this queue for ``segundos`` more; 0 signs off."""
    onde = (plantao.c.integracao_id == integracao_id) & (plantao.c.processo == processo)
    mudar = update(plantao).where(onde).values(ate=depois(segundos))
    with engine.begin() as con:
        feito = con.execute(mudar).rowcount
    if not feito:
        try:
            with engine.begin() as con:
                con.execute(insert(plantao).values(integracao_id=integracao_id, processo=processo, ate=depois(segundos)))
        except IntegrityError:  # Another task signed in between.
            with engine.begin() as con:
                con.execute(mudar)
