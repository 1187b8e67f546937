"""Journals at the source: rows that triggers append, moved into our queues and then deleted.

No marker and no window: a row is there until it was queued, whenever its transaction committed. Queued first, deleted after, each in a
transaction of its own database: whoever is killed in between queues a row twice, which coalesces or is recognised by the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, bindparam

from include.fusion.reading.spec import Diario, Linha
from include.fusion.reading.sql import ConsultasSistema
from include.fusion.store.filas import Fila, ItemFila
from include.fusion.store.ledger import EXCLUSAO

if TYPE_CHECKING:
    from include.fusion.store.filas import Operacao

EXCLUIDO = "excluído na origem"
_LISTA_MAX = 500


class EsvaziarDiario:
    """Moves one journal: ``fila`` gives the queue of a process.

    ``processos``, in the order in which they are served, each with where its records live in Fusion (entity, IntegracaoID): a deletion
    has to reach every such place, whichever process brought the record there.
    """

    def __init__(
        self,
        consultas: ConsultasSistema,
        fusion: Engine,
        fila: Callable[[str], Fila],
        processos: Mapping[str, tuple[str, int]],
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
        excluidas: set[tuple[str, str]] = set()
        for linha in linhas:
            chave = str(linha["chave"])
            for processo, operacao in self._destinos(linha):
                itens[processo].append(ItemFila(chave, str(linha["chave_paciente"] or ""), operacao))
                if operacao == EXCLUSAO:
                    excluidas.add((processo, chave))
        with self.fusion.begin() as con:
            # In the order of the processes: an opening is queued before the discharge of the same page.
            total = sum(self.fila(p).enfileirar(con, itens[p]) for p in self.processos if p in itens)
        for processo in self.processos:
            if chaves := {chave for _, chave in excluidas if (processo, chave) not in excluidas}:
                self.fila(processo).descartar(chaves, EXCLUIDO)
        return total

    def _destinos(self, linha: Linha) -> list[tuple[str, Operacao]]:
        destinos = list(self.diario.rotear(linha))
        lugares = {self.processos[p] for p, operacao in destinos if operacao == EXCLUSAO}
        entidades = {entidade for entidade, _ in lugares}
        for processo, lugar in self.processos.items():
            if lugar[0] in entidades and lugar not in lugares:
                lugares.add(lugar)
                destinos.append((processo, "exclusao"))
        return destinos

    def _apagar(self, ids: list[Any]) -> None:
        comando = self.consultas.sql(self.diario.sql_apagar).bindparams(bindparam("ids", expanding=True))
        with self.consultas.engine.begin() as con:
            for i in range(0, len(ids), _LISTA_MAX):
                con.execute(comando, {"ids": ids[i : i + _LISTA_MAX]})
