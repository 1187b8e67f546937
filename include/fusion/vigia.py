"""What a watcher asks: is there work, and is somebody already at it?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Engine, Table, case, exists, literal, or_, select, union_all

from include.fusion.carga import TOLERANCIA_RELOGIO
from include.fusion.leitura import ConsultasSistema
from include.fusion.plantao import presente
from include.fusion.relogio import agora
from include.fusion.sistemas.base import Origem
from include.fusion.tabelas import FILAS, marca_dagua

EXECUCAO = "execucao"
"""Mark that tells when the load last ran, whatever it found."""


class Alvo(NamedTuple):
    """What to ask about one integration: its queues as (table, process), the process that signs on, the one that keeps the watermarks."""

    integracao_id: int
    filas: tuple[tuple[str, str], ...]
    plantao: str
    marcas: str


@dataclass(frozen=True)
class Situacao:
    """State of one integration: due rows wait, somebody is on duty, watermarks by origin (text), when the load last ran."""

    prontos: bool = False
    de_plantao: bool = False
    marcas: dict[str, str] = field(default_factory=dict)
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
        pronta = or_(*(_pronta(alvo.integracao_id, FILAS[tabela], processo) for tabela, processo in alvo.filas))
        ocupado = exists().where(presente(alvo.integracao_id, alvo.plantao))
        partes.append(select(literal(posicao, literal_execute=True), case((pronta, 1), else_=0), case((ocupado, 1), else_=0)))
    m = marca_dagua
    with engine.connect() as con:
        bandeiras = {posicao: (bool(p), bool(o)) for posicao, p, o in con.execute(union_all(*partes))}
        linhas = con.execute(
            select(m.c.integracao_id, m.c.processo, m.c.origem, m.c.marcador, m.c.executado_em).where(
                m.c.integracao_id.in_({a.integracao_id for a in alvos})
            )
        )
        por_processo: dict[tuple[int, str], dict[str, tuple[str | None, datetime]]] = {}
        for integracao_id, processo, origem, marcador, em in linhas:
            por_processo.setdefault((integracao_id, processo), {})[origem] = (marcador, em)
    resultado = {}
    for posicao, alvo in enumerate(alvos):
        marcas = por_processo.get((alvo.integracao_id, alvo.marcas), {})
        textos = {origem: marcador for origem, (marcador, _) in marcas.items() if marcador is not None}
        resultado[alvo] = Situacao(*bandeiras[posicao], textos, marcas.get(EXECUCAO, (None, None))[1])
    return resultado


def _pronta(integracao_id: int, f: Table, processo: str) -> ColumnElement[bool]:
    """A due row whose patient nobody has in hand: one behind a slow batch is no reason for a run, and is announced once it is free."""
    outra = f.alias("p")
    presa = exists().where(
        outra.c.integracao_id == integracao_id,
        outra.c.chave_paciente == f.c.chave_paciente,
        outra.c.situacao == literal("reservado", literal_execute=True),
    )
    return exists().where(
        f.c.integracao_id == integracao_id,
        f.c.processo == processo,
        f.c.situacao == literal("pendente", literal_execute=True),
        or_(f.c.proxima_tentativa_em.is_(None), f.c.proxima_tentativa_em <= agora()),
        ~presa,
    )


class VigiaOrigem:
    """Looks at one source: a row in a journal, a marker beyond the watermark, or a late commit inside the overlap window, is work.

    ``passo``: only what that search step looks at.
    """

    def __init__(self, consultas: ConsultasSistema, *, sobreposicao: timedelta, fuso: ZoneInfo, passo: str | None = None) -> None:
        self.consultas = consultas
        self.sobreposicao = sobreposicao
        self.fuso = fuso
        self.passo = passo
        self._vistos: dict[str, tuple[str | None, int]] = {}

    def ha_trabalho(self, marcas: dict[str, str]) -> bool:
        """Whether any origin has changes that the watermarks (origin → marker text) do not cover yet."""
        with self.consultas.engine.connect() as con:
            # Every origin is asked each time: what one saw is remembered for the next look.
            mudancas = [
                self._mudou(con, origem, marcas.get(origem.nome)) for origem in self.consultas.origens if self.passo in (None, origem.passo)
            ]
            diarios = [d for d in self.consultas.sistema.diarios if self.passo in (None, d.passo)]
            return any(mudancas) or any(self.consultas.linhas(con, d.sql_vigia)[0]["quantidade"] for d in diarios)

    def _mudou(self, con: Connection, origem: Origem, texto: str | None) -> bool:
        marca: Any = None if texto is None else self.consultas.sistema.ler_marcador(texto)
        base = (
            datetime(1753, 1, 1)
            if marca is None
            else marca - (origem.sobreposicao or self.sobreposicao)
            if isinstance(marca, datetime)
            else marca
        )
        linha = self.consultas.linhas(con, origem.sql_vigia, marcador=base)[0]
        quantidade, maior = int(linha["quantidade"] or 0), linha["marcador"]
        if not quantidade:
            return False
        if marca is None:
            return True
        # A date in the future never moves the watermark: such rows are told apart by their number alone.
        futura = (
            isinstance(maior, datetime) and maior.replace(tzinfo=None) > datetime.now(self.fuso).replace(tzinfo=None) + TOLERANCIA_RELOGIO
        )
        anterior = self._vistos.get(origem.nome)
        self._vistos[origem.nome] = (texto, quantidade)
        if not futura and maior > marca:
            return True
        return anterior is not None and anterior[0] == texto and quantidade > anterior[1]
