"""Journals at the source: rows that triggers append, moved into our queues and then deleted.

No marker and no window: a row is there until it was queued, whenever its transaction committed. Queued first, deleted after, each in a
transaction of its own database: whoever is killed in between queues a row twice, which coalesces or is recognised by the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, bindparam

from include.fusion.filas import Fila, ItemFila
from include.fusion.leitura import ConsultasSistema
from include.fusion.livro import EXCLUSAO
from include.fusion.sistemas.base import Diario

EXCLUIDO = "excluído na origem"
_LISTA_MAX = 500


class EsvaziarDiario:
    """Moves one journal: ``fila`` gives the queue of a process."""

    def __init__(
        self,
        consultas: ConsultasSistema,
        fusion: Engine,
        fila: Callable[[str], Fila],
        processos: tuple[str, ...],
        diario: Diario,
        pagina: int,
    ) -> None:
        self.consultas = consultas
        self.fusion = fusion
        self.fila = fila
        self.processos = processos
        self.diario = diario
        self.pagina = pagina

    def executar(self, ao_avancar: Callable[[int], None] | None = None) -> tuple[int, int]:
        """Until the journal is empty; (rows read, keys queued)."""
        lidas = enfileiradas = 0
        while True:
            with self.consultas.engine.connect() as con:
                linhas = self.consultas.linhas(con, self.diario.sql, limite=self.pagina)
            if linhas:
                enfileiradas += self._enfileirar(linhas)
                self._apagar([linha["id"] for linha in linhas])
            lidas += len(linhas)
            if linhas and ao_avancar is not None:
                ao_avancar(lidas)
            if len(linhas) < self.pagina:
                return lidas, enfileiradas

    def _enfileirar(self, linhas: list[dict[str, Any]]) -> int:
        itens: defaultdict[str, list[ItemFila]] = defaultdict(list)
        excluidas = []
        for linha in linhas:
            chave = str(linha["chave"])
            for processo, operacao in self.diario.rotear(linha):
                itens[processo].append(ItemFila(chave, str(linha["chave_paciente"] or ""), operacao))
                if operacao == EXCLUSAO:
                    excluidas.append((processo, chave))
        with self.fusion.begin() as con:
            # In the order of the processes: an opening is queued before the discharge of the same page.
            total = sum(self.fila(p).enfileirar(con, itens[p]) for p in self.processos if p in itens)
        for processo in self.processos:
            if chaves := [chave for de, chave in excluidas if de != processo]:
                self.fila(processo).descartar(chaves, EXCLUIDO)
        return total

    def _apagar(self, ids: list[Any]) -> None:
        comando = self.consultas.sql(self.diario.sql_apagar).bindparams(bindparam("ids", expanding=True))
        with self.consultas.engine.begin() as con:
            for i in range(0, len(ids), _LISTA_MAX):
                con.execute(comando, {"ids": ids[i : i + _LISTA_MAX]})
