"""Initial load: the keys of a whole history into a queue of their own, page by page, each page a checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from include.fusion.change.replay import Pedido
from include.fusion.reading.sql import ConsultasSistema
from include.fusion.store.filas import Fila, ItemFila
from include.fusion.store.watermarks import Marcas


@dataclass
class Ponto:
    """Where the load stands; kept as the process's checkpoint."""

    chave: str | None = None
    feitos: int = 0
    total: int = 0
    concluida: bool = False


class PagedLoad:
    """A load that remembers how far it came. Not shared between threads."""

    def __init__(self, consultas: ConsultasSistema, fusion: Engine, marcas: Marcas, *, pagina: int) -> None:
        self.consultas = consultas
        self.fusion = fusion
        self.marcas = marcas
        self.pagina = pagina

    def ponto(self) -> Ponto:
        """The checkpoint; a load that never ran has an empty one."""
        with self.fusion.connect() as con:
            return Ponto(**self.marcas.checkpoint(con))

    def recomecar(self) -> None:
        """Forget the checkpoint: the next load begins with the first record (the ledger still keeps unchanged ones from being sent)."""
        with self.fusion.begin() as con:
            self._gravar(con, Ponto())

    def _total(self) -> int:
        with self.consultas.engine.connect() as con:
            linha = self.consultas.linhas(con, self.consultas.sistema.sql_total)[0]
        return int(next(iter(linha.values())))

    def _gravar(self, con: Any, ponto: Ponto) -> None:
        self.marcas.save_checkpoint(con, ponto.chave, vars(ponto))


class CargaInicial(PagedLoad):
    """Resumable at the page: what a killed load had queued stays queued, and it goes on behind its last key."""

    def __init__(self, consultas: ConsultasSistema, fusion: Engine, fila: Fila, marcas: Marcas, *, pagina: int, prioridade: int) -> None:
        super().__init__(consultas, fusion, marcas, pagina=pagina)
        self.fila = fila
        self.prioridade = prioridade

    def executar(self, *, ao_avancar: Callable[[Ponto], None], esperar: Callable[[], None]) -> Ponto:
        """Queue every key from the checkpoint on. ``esperar`` is called between pages and blocks while the load is paused."""
        ponto = self.ponto()
        if ponto.concluida:
            return ponto
        ponto.total = self._total()
        sistema = self.consultas.sistema
        with self.consultas.engine.connect() as origem_con:
            while True:
                esperar()
                chave = None if ponto.chave is None else sistema.tipo_chave(ponto.chave)
                linhas = self.consultas.linhas(origem_con, sistema.sql_chaves, chave=chave, limite=self.pagina, **Pedido().filtros(sistema))
                origem_con.rollback()
                ponto.feitos += len(linhas)
                ponto.chave = str(linhas[-1]["chave"]) if linhas else ponto.chave
                ponto.concluida = len(linhas) < self.pagina
                with self.fusion.begin() as con:
                    if linhas:
                        self.fila.enfileirar(con, (self._item(linha) for linha in linhas))
                    self._gravar(con, ponto)
                ao_avancar(ponto)
                if ponto.concluida:
                    return ponto

    def _item(self, linha: dict[str, Any]) -> ItemFila:
        return ItemFila(str(linha["chave"]), str(linha["chave_paciente"] or ""), linha["operacao"], self.prioridade)
