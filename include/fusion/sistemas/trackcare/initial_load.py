"""Initial load of TrackCare's people: ``PA_Person`` by ascending number into ``PacienteSES``, both in the source's own database.

From the last number done, so many people per cycle. A page is one statement there, and no patient passes through the
hub. The checkpoint follows the page: a killed load repeats one page, whose people are there already.

Rows are marked with the hub's clock before their page is written, while the source's own triggers go on marking theirs: a slow page, or
clocks that disagree, leave rows behind the watermark of what is synchronised. So at its end the load has everything compared once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from include.fusion.change.initial_load import PagedLoad, Ponto


class CargaPacientes(PagedLoad):
    """``agora`` gives the source's local time, which marks the rows as changed; ``ao_concluir`` makes the next look compare everything."""

    def __init__(self, *parts: Any, pagina: int, agora: Callable[[], datetime], ao_concluir: Callable[[], None]) -> None:
        super().__init__(*parts, pagina=pagina)
        self.agora = agora
        self.ao_concluir = ao_concluir

    def executar(self, *, ao_avancar: Callable[[Ponto], None], esperar: Callable[[], None]) -> Ponto:
        """Every person from the checkpoint on. ``esperar`` is called between cycles and blocks while the load is paused."""
        ponto = self.ponto()
        novas = not ponto.concluida
        ponto.total = self._total()
        with self.consultas.engine.connect() as con:
            while True:
                esperar()
                de = int(ponto.chave or 0)
                pessoas = self.consultas.linhas(con, "initial_load_keys.sql", chave=de, limite=self.pagina)
                if pessoas:
                    novas = True
                    ate = int(pessoas[-1]["chave"])
                    con.execute(self.consultas.sql("initial_load.sql"), {"depois": de, "ate": ate, "agora": self.agora()})
                    con.commit()
                    ponto.feitos, ponto.chave = ponto.feitos + len(pessoas), str(ate)
                ponto.concluida = len(pessoas) < self.pagina
                if ponto.concluida and novas:
                    self.ao_concluir()  # Before the checkpoint: a load that is killed in between does it again.
                with self.fusion.begin() as fusion:
                    self._gravar(fusion, ponto)
                ao_avancar(ponto)
                if ponto.concluida:
                    return ponto
