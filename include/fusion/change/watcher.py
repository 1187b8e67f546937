"""What a watcher asks: is there work, and is somebody already at it?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, MetaData, Table, case, exists, false, literal, or_, select, union_all

from include.fusion.store.clock import agora
from include.fusion.store.presence import presente
from include.fusion.store.tables import FILAS, marca_dagua, tabela_fila
from include.fusion.store.watermarks import EXECUCAO, Marca


class Alvo(NamedTuple):
    """What to ask about one integration: its queues as (table, process), the process that signs on, the one that keeps the watermarks."""

    integracao_id: int
    filas: tuple[tuple[str, str], ...]
    plantao: str
    marcas: str


@dataclass(frozen=True)
class Situacao:
    """State of one integration: due rows wait, somebody is on duty, watermarks by origin, when the load last ran."""

    prontos: bool = False
    de_plantao: bool = False
    marcas: dict[str, Marca] = field(default_factory=dict)
    executada_em: datetime | None = None

    def venceu(self, intervalo: timedelta) -> bool:
        """Whether a load that runs by the clock is due."""
        return venceu(self.executada_em, intervalo)


def venceu(executada_em: datetime | None, intervalo: timedelta) -> bool:
    """Whether ``intervalo`` has passed since a load last ran; one that never ran is due."""
    return executada_em is None or datetime.now(UTC) - executada_em >= intervalo


def situacoes(engine: Engine, alvos: Iterable[Alvo]) -> dict[Alvo, Situacao]:
    """State of every target in one round trip per kind of fact, whatever the number of integrations."""
    alvos = list(alvos)
    partes = []
    for posicao, alvo in enumerate(alvos):
        # An entry may have every process switched off; that must not end the question of the others.
        pronta = or_(false(), *(_pronta(alvo.integracao_id, _tabela(tabela), processo) for tabela, processo in alvo.filas))
        ocupado = exists().where(presente(alvo.integracao_id, alvo.plantao))
        partes.append(select(literal(posicao, literal_execute=True), case((pronta, 1), else_=0), case((ocupado, 1), else_=0)))
    m = marca_dagua
    with engine.connect() as con:
        bandeiras = {posicao: (bool(p), bool(o)) for posicao, p, o in con.execute(union_all(*partes))}
        linhas = con.execute(
            select(m.c.integracao_id, m.c.processo, m.c.origem, m.c.marcador, m.c.executado_em, m.c.detalhe).where(
                m.c.integracao_id.in_({a.integracao_id for a in alvos})
            )
        )
        por_processo: dict[tuple[int, str], dict[str, Marca]] = {}
        for integracao_id, processo, origem, marcador, em, detalhe in linhas:
            por_processo.setdefault((integracao_id, processo), {})[origem] = Marca(marcador, None, em, json.loads(detalhe or "{}"))
    resultado = {}
    for posicao, alvo in enumerate(alvos):
        marcas = por_processo.get((alvo.integracao_id, alvo.marcas), {})
        execucao = marcas.pop(EXECUCAO, None)
        resultado[alvo] = Situacao(*bandeiras[posicao], marcas, execucao.executado_em if execucao else None)
    return resultado


def _tabela(nome: str) -> Table:
    """A queue table, also one that came with a later version than this process's."""
    return FILAS[nome] if nome in FILAS else tabela_fila(nome, metadados=MetaData())


def _pronta(integracao_id: int, f: Table, processo: str) -> ColumnElement[bool]:
    """A due row whose patient nobody has in hand: one behind a slow batch is no reason for a run, and is announced once it is free.

    A row whose lease ran out is due, too: whoever died with it in hand may have had no try left.
    """
    outra = f.alias("p")
    presa = exists().where(
        outra.c.integracao_id == integracao_id,
        outra.c.chave_paciente == f.c.chave_paciente,
        outra.c.situacao == literal("reservado", literal_execute=True),
        outra.c.reservado_ate >= agora(),
    )
    devida = exists().where(
        f.c.integracao_id == integracao_id,
        f.c.processo == processo,
        f.c.situacao == literal("pendente", literal_execute=True),
        or_(f.c.proxima_tentativa_em.is_(None), f.c.proxima_tentativa_em <= agora()),
        ~presa,
    )
    vencida = exists().where(
        f.c.integracao_id == integracao_id,
        f.c.processo == processo,
        f.c.situacao == literal("reservado", literal_execute=True),
        f.c.reservado_ate < agora(),
    )
    return or_(devida, vencida)
