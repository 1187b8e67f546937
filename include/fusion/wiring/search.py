"""Parts of a search: the load of what changed, the looks for work, and what the watcher asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from include.fusion.change.pendencies import Pendencias
from include.fusion.change.search import Busca
from include.fusion.change.version_scan import Retratos
from include.fusion.change.watch_plan import SourceWatch
from include.fusion.change.watcher import Alvo, venceu
from include.fusion.change.watermark_scan import Carga
from include.fusion.settings.sections import Busca as AjustesBusca
from include.fusion.settings.sections import BuscaPendencias
from include.fusion.store.watermarks import EXECUCAO, Marca
from include.fusion.wiring.runtime import Partes
from include.fusion.wiring.systems import BUSCA, PLANTAO, sistema_de
from include.fusion.wiring.watch import queues, source_plan


class PartesBusca(Partes):
    """What finds a run's work."""

    def carga(self, passo: str | None = None) -> Carga:
        """Load of what changed."""
        busca = self.integracao.busca_de(passo or "")
        return Carga(
            self.consultas,
            self.fusion,
            self.fila,
            self.marcas(),
            fuso=self.integracao.fuso,
            sobreposicao=busca.sobreposicao,
            pagina=busca.pagina,
            sem_marca="tudo" if self.integracao.desde_o_inicio else "agora",
            passo=passo,
        )

    def busca(self, passo: str | None = None, depois: Callable[[], int] | None = None) -> Busca | Pendencias:
        """One look for work: of one search step, or of all; ``depois`` is done with what was found and counted with it."""
        if self.sistema.atende_pendencias:
            return self.pendencias()
        busca = self.integracao.busca_de(passo or "")
        return Busca(
            self.consultas,
            self.fusion,
            self.fila,
            self.marcas(),
            self.carga(passo),
            pagina=busca.pagina,
            ronda_a_cada=lambda processo: self.integracao.entrega_de(processo).interval or timedelta(0),
            passo=passo,
            numero=self.numero,
            retratos=self._retratos(busca, passo) if self.sistema.retratos else None,
            depois=depois,
        )

    def _retratos(self, busca: AjustesBusca, passo: str | None) -> Retratos:
        return Retratos(
            self.consultas,
            self.fusion,
            self.fila,
            self.marcas(),
            entregues=self.livro.entregues_desde,
            pagina=busca.pagina,
            passo=passo,
            perda_max=busca.max_loss,
        )

    def pendencias(self) -> Pendencias:
        """What applications of Fusion have pending for this installation."""
        busca = BuscaPendencias.of(self.integracao.busca)
        return Pendencias(
            self.fusion,
            self.fila(),
            self.marcas(),
            self._cliente(Pendencias.CONEXOES),
            rota=self.integracao.rotas.aplicacao_pendencia,
            aplicacao=busca.aplicacao,
            atende=busca.atende,
            pagina=busca.pagina,
        )

    def _cliente(self, conexoes: int) -> Any:
        if self._api is None:
            raise ValueError("this step asks Fusion's API: it needs a client")
        return self._api(conexoes)

    def vigia(self, passo: str | None = None) -> SourceWatch | Pendencias:
        """What asks the source whether anything is new."""
        if self.sistema.atende_pendencias:
            return self.pendencias()
        return SourceWatch(source_plan(self.integracao, self.sistema, passo), self.origem, self.fusion, self.marcas())

    @property
    def alvo(self) -> Alvo:
        """What a watcher asks about in the integration database."""
        asked = tuple((table, process) for table, process in queues(self.integracao, self.sistema))
        return Alvo(self.integracao.integracao_id, asked, PLANTAO, BUSCA)

    def esquecer_marcas(self, passo: str | None) -> None:
        """Begin again with the first row of every origin of a step that is compared with a copy."""
        with self.fusion.begin() as con:
            # Of all steps: one that is switched off today is still to compare everything when it is switched on.
            for origem in sistema_de(self.integracao).origens:
                if origem.replica is not None and passo in (None, origem.passo):
                    self.marcas().gravar(con, origem.nome, Marca(None))
                    self.marcas().podar(con, origem.nome, "9")

    def registrar_carga(self) -> None:
        """Note that the load ran: its interval counts from here."""
        with self.fusion.begin() as con:
            self.marcas().done(con, EXECUCAO)

    def carga_venceu(self) -> bool:
        """Without a watcher on the source the load runs on its own interval, counted from its last run."""
        with self.fusion.connect() as con:
            return venceu(self.marcas().done_at(con, EXECUCAO), self.integracao.intervalo_busca)
