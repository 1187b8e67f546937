"""A copy of a source's table in the integration database: compared page by page, only rows that differ are written and go on.

One page is in memory at a time, so a table of a million rows is compared in the memory of one page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from include.fusion.reading.spec import Linha, Replica
from include.fusion.store.tables import metadados

_LISTA_MAX = 500


class Espelho:
    """The copy that one integration keeps."""

    def __init__(self, replica: Replica, integracao_id: int) -> None:
        self.tabela, self.chave, self.linha = metadados.tables[replica.table], replica.key, replica.row
        self.integracao_id = integracao_id
        self._todas = [c.name for c in self.tabela.columns if c.name != "integracao_id"]
        self.colunas = [nome for nome in self._todas if nome not in replica.ignored]

    def gravar(self, con: Connection, lidas: Sequence[Linha]) -> list[Linha]:
        """Write what differs, in the caller's transaction, which holds the origin's lock; the rows that did."""
        # Of a row that a page holds twice the later state counts.
        linhas = [{**x, **self.linha(x)} for x in lidas]
        novas = {self._valor(linha[self.chave]): (linha, {c: self._valor(linha[c]) for c in self._todas}) for linha in linhas}
        t, chaves = self.tabela.c, sorted(novas)
        for i in range(0, len(chaves), _LISTA_MAX):
            parte = chaves[i : i + _LISTA_MAX]
            colunas = [t[c] for c in self.colunas]
            guardadas = con.execute(select(t[self.chave], *colunas).where(t.integracao_id == self.integracao_id, t[self.chave].in_(parte)))
            for chave, *valores in guardadas:
                if valores == [novas[chave][1][c] for c in self.colunas]:
                    del novas[chave]
        chaves = sorted(novas)
        for i in range(0, len(chaves), _LISTA_MAX):
            parte = chaves[i : i + _LISTA_MAX]
            con.execute(delete(self.tabela).where(t.integracao_id == self.integracao_id, t[self.chave].in_(parte)))
            con.execute(insert(self.tabela), [{"integracao_id": self.integracao_id, **novas[chave][1]} for chave in parte])
        return [linha for linha, _ in novas.values()]

    @staticmethod
    def _valor(valor: Any) -> Any:
        """As the copy keeps it: moments and dates as ISO text; an empty text is no text, as Oracle has it.

        A NUL goes: InterSystems takes it in a text, PostgreSQL does not, and one such row would hold up its whole page for ever.
        """
        if isinstance(valor, datetime):
            return valor.isoformat(timespec="microseconds")
        if isinstance(valor, date):
            return valor.isoformat()
        return valor.replace("\x00", "") or None if isinstance(valor, str) else valor
