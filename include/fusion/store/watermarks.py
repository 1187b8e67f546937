"""Watermarks: how far each origin was read, and what was already seen inside the overlap window."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, insert, select, text

from include.fusion.store.clock import agora
from include.fusion.store.locks import gravar_linha, travar
from include.fusion.store.tables import carga_vista, marca_dagua

_LISTA_MAX = 500
# One statement for a whole page; other engines write row by row.
_MARCAR = text("""\
INSERT INTO carga_vista (integracao_id, processo, origem, chave, marcador)
SELECT :integracao_id, :processo, :origem, v.chave, v.marcador
FROM unnest(CAST(:chaves AS text[]), CAST(:marcadores AS text[])) AS v (chave, marcador)
ON CONFLICT DO NOTHING""")
NA_JANELA = "na_janela"
"""In ``Marca.detalhe``: what the overlap window held, in short, when it was last found to hold nothing new."""


@dataclass(frozen=True)
class Marca:
    """Position in an origin: rows after ``(marcador, chave)`` are still to be read. Both are text, sorted as the origin sorts them.

    ``executado_em`` is set by the database when the mark is written. ``detalhe``: whatever JSON the load wants to keep beside it.
    """

    marcador: str | None
    chave: str | None = None
    executado_em: datetime | None = None
    detalhe: Mapping[str, Any] = field(default_factory=dict)


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
