"""What ``marca_dagua`` keeps, one row per (integration, process, name). Seven kinds of fact share its columns; here each has its accessor:

how far an origin was read and what its overlap window held (:class:`Marca`) · when something was last done · where an initial load stands ·
since when a table is sick · who is on duty (``presence.py``) · how far one patient was pulled (:class:`PatientMarks`) · until when a
receiver is left alone (:class:`Pauses`). ``carga_vista`` keeps what was already seen inside an overlap window.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, insert, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert

from include.fusion.store.clock import agora, depois
from include.fusion.store.locks import gravar_linha, travar
from include.fusion.store.tables import carga_vista, marca_dagua

_LISTA_MAX = 500
# One statement for a whole page; other engines write row by row.
_MARCAR = text("""\
INSERT INTO carga_vista (integracao_id, processo, origem, chave, marcador)
SELECT :integracao_id, :processo, :origem, v.chave, v.marcador
FROM unnest(CAST(:chaves AS text[]), CAST(:marcadores AS text[])) AS v (chave, marcador)
ON CONFLICT DO NOTHING""")
_PULLED = text(
    "SELECT origem, marcador, detalhe FROM marca_dagua WHERE integracao_id = :integracao_id AND processo = :processo AND origem = ANY(:origens)"
)
_NA_JANELA, _ENCOLHIDA, _HISTORICO, _PAUSA, _PULL = "na_janela", "encolhida:", "historico", "pausa", "pull:"
EXECUCAO = "execucao"
"""Name under which it is kept when the load last ran, whatever it found."""
IN_PAUSE = """\
SELECT 1 FROM marca_dagua m WHERE m.integracao_id = 0 AND m.processo = {receiver} AND m.origem = 'pausa'
    AND m.executado_em > statement_timestamp()"""
"""Query for a receiver (an SQL expression) that is left alone right now; see :class:`Pauses`."""


@dataclass(frozen=True)
class Marca:
    """Position in an origin: rows after ``(marcador, chave)`` are still to be read. Both are text, sorted as the origin sorts them.

    ``executado_em`` is set by the database when the mark is written. ``detalhe``: whatever JSON the load wants to keep beside it.
    """

    marcador: str | None
    chave: str | None = None
    executado_em: datetime | None = None
    detalhe: Mapping[str, Any] = field(default_factory=dict)

    @property
    def na_janela(self) -> str | None:
        """What the overlap window held, in short, when it was last found to hold nothing new."""
        return self.detalhe.get(_NA_JANELA)

    def settled(self, na_janela: str) -> Marca:
        """The same position, with a window that holds nothing new."""
        return Marca(self.marcador, self.chave, detalhe={_NA_JANELA: na_janela})


class Marcas:
    """Watermarks of one process of one integration, written in the same transaction as what was enqueued."""

    def __init__(self, engine: Engine, integracao_id: int, processo: str) -> None:
        self._postgresql = engine.dialect.name == "postgresql"
        self.integracao_id = integracao_id
        self.processo = processo

    def _deste(self, tabela: Table, origem: str) -> list[ColumnElement[bool]]:
        return [tabela.c[coluna] == valor for coluna, valor in self._chave(origem).items()]

    def _chave(self, origem: str) -> dict[str, Any]:
        return {"integracao_id": self.integracao_id, "processo": self.processo, "origem": origem}

    def ler(self, con: Connection, origem: str) -> Marca | None:
        """The mark, or ``None`` before the first load."""
        t = marca_dagua.c
        linha = con.execute(select(t.marcador, t.chave, t.executado_em, t.detalhe).where(*self._deste(marca_dagua, origem))).first()
        return None if linha is None else Marca(linha[0], linha[1], linha[2], json.loads(linha[3] or "{}"))

    def travar(self, con: Connection, origem: str) -> Marca | None:
        """Hold this origin until the transaction ends, mark or no mark yet, and read it. Lock first, enqueue after."""
        travar(con, self.integracao_id, f"marca:{self.processo}:{origem}")
        return self.ler(con, origem)

    def gravar(self, con: Connection, origem: str, marca: Marca) -> None:
        """Move the mark; ``executado_em`` becomes the database's now."""
        detalhe = json.dumps(dict(marca.detalhe), ensure_ascii=False)
        novos = {"marcador": marca.marcador, "chave": marca.chave, "executado_em": agora(), "detalhe": detalhe}
        gravar_linha(con, marca_dagua, self._chave(origem), novos)

    def done(self, con: Connection, nome: str) -> None:
        """``nome`` (a load, a sweep, the writing of an image) was done now."""
        self.gravar(con, nome, Marca(None))

    def done_at(self, con: Connection, nome: str) -> datetime | None:
        marca = self.ler(con, nome)
        return marca.executado_em if marca else None

    def checkpoint(self, con: Connection) -> Mapping[str, Any]:
        """Where the initial load of this process stands; empty before its first page."""
        marca = self.ler(con, _HISTORICO)
        return marca.detalhe if marca else {}

    def save_checkpoint(self, con: Connection, chave: str | None, detalhe: Mapping[str, Any]) -> None:
        self.gravar(con, _HISTORICO, Marca(None, chave, detalhe=detalhe))

    def sick_since(self, con: Connection, nome: str, *, lock: bool = False) -> datetime | None:
        """When a table was found sick; ``None`` while it is whole. ``lock``: nobody else may settle it before this transaction ends."""
        marca = (self.travar if lock else self.ler)(con, _ENCOLHIDA + nome)
        return marca.executado_em if marca and marca.marcador else None

    def note_health(self, con: Connection, nome: str, *, sick: bool) -> None:
        self.gravar(con, _ENCOLHIDA + nome, Marca("sim" if sick else None))

    def vistas(self, con: Connection, origem: str, chaves: Iterable[str]) -> set[tuple[str, str]]:
        """Which ``(chave, marcador)`` of these keys an earlier load took already."""
        t = carga_vista.c
        lista = sorted(set(chaves))
        achadas: set[tuple[str, str]] = set()
        for i in range(0, len(lista), _LISTA_MAX):
            consulta = select(t.chave, t.marcador).where(*self._deste(carga_vista, origem), t.chave.in_(lista[i : i + _LISTA_MAX]))
            achadas.update((chave, marcador) for chave, marcador in con.execute(consulta))
        return achadas

    def marcar_vistas(self, con: Connection, origem: str, pares: Iterable[tuple[str, str]]) -> None:
        """Remember ``(chave, marcador)`` as taken; what is there already stays."""
        novas = sorted(set(pares))
        if not novas:
            return
        if self._postgresql:
            valores = {"chaves": [c for c, _ in novas], "marcadores": [m for _, m in novas]}
            con.execute(_MARCAR, {**self._chave(origem), **valores})
            return
        achadas = self.vistas(con, origem, (chave for chave, _ in novas))
        if faltam := [par for par in novas if par not in achadas]:
            con.execute(insert(carga_vista), [{**self._chave(origem), "chave": c, "marcador": m} for c, m in faltam])

    def podar(self, con: Connection, origem: str, antes: str) -> int:
        """Forget what was seen with a marker before ``antes``, compared as text: markers need a fixed width (ISO moments have it)."""
        return con.execute(delete(carga_vista).where(*self._deste(carga_vista, origem), carga_vista.c.marcador < antes)).rowcount


class PatientMarks:
    """How far each patient of one tenant was pulled, and from whom: a marker of another record says nothing of this one's history."""

    def __init__(self, integracao_id: int, tenant_id: str) -> None:
        self._comum = {"integracao_id": integracao_id, "processo": tenant_id}

    def ler(self, con: Connection, de_quem: Mapping[str, str]) -> dict[str, str]:
        """Markers by patient, of those who are still linked to ``de_quem`` (patient → address of the record)."""
        linhas = con.execute(_PULLED, {**self._comum, "origens": [_PULL + p for p in de_quem]})
        achadas = [(origem.removeprefix(_PULL), marca, de) for origem, marca, de in linhas]
        return {p: marca for p, marca, de in achadas if de in (None, de_quem[p])}

    def gravar(self, con: Connection, paciente: str, de_quem: str, marcador: str) -> None:
        # One statement, since a first pull writes one for every patient; the platform's database is PostgreSQL.
        novos = {"marcador": marcador, "executado_em": agora(), "detalhe": de_quem}
        linha = pg_insert(marca_dagua).values({**self._comum, "origem": _PULL + paciente, **novos})
        con.execute(linha.on_conflict_do_update(index_elements=marca_dagua.primary_key.columns, set_=novos))


class Pauses:
    """Receivers that are left alone for a while because they are down: ``minima`` seconds after the first failure, twice as long after each
    more, ``maxima`` at most."""

    def __init__(self, minima: float, maxima: float) -> None:
        self.minima, self.maxima = minima, maxima

    def pausar(self, con: Connection, quem: str) -> None:
        antes = con.execute(select(marca_dagua.c.marcador).where(*self._dele(quem))).scalar()
        pausa = self.minima if antes is None else min(self.maxima, 2 * float(antes))
        chave = {"integracao_id": 0, "processo": quem, "origem": _PAUSA}
        gravar_linha(con, marca_dagua, chave, {"marcador": f"{pausa:g}", "executado_em": depois(pausa)})

    def retomar(self, con: Connection, quem: str) -> None:
        """It answers again."""
        con.execute(delete(marca_dagua).where(*self._dele(quem)))

    def _dele(self, quem: str) -> tuple[ColumnElement[bool], ...]:
        m = marca_dagua.c
        return (m.integracao_id == 0, m.processo == quem, m.origem == _PAUSA)
