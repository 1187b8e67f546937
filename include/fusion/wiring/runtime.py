"""What every step of a run needs: its system, engines, queues and watermarks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from include.fusion.model.depara import DePara
from include.fusion.reading.spec import Sistema
from include.fusion.reading.sql import ConsultasSistema
from include.fusion.settings import Integracao
from include.fusion.store import presence
from include.fusion.store.filas import Fila
from include.fusion.store.filas.messages import FilaArquivos
from include.fusion.store.ledger import Livro
from include.fusion.store.watermarks import Marcas
from include.fusion.wiring.systems import BUSCA, PLANTAO, switched_on

CARGA_INICIAL = "carga_inicial"


class Partes:
    """Parts of one run, each made when first asked for; ``fechar`` gives the connections back.

    ``api`` makes a client of Fusion that sends so many requests at once; only steps that ask Fusion need it.
    """

    def __init__(self, integracao: Integracao, motor: Callable[[str], Any], api: Callable[[int], Any] | None = None) -> None:
        self.integracao = integracao
        self._motor = motor
        self._api = api

    @cached_property
    def sistema(self) -> Sistema:
        """The source system as far as the entry has it switched on."""
        return switched_on(self.integracao)

    @cached_property
    def fusion(self) -> Any:
        return self._motor(self.integracao.conexoes.banco)

    @cached_property
    def origem(self) -> Any:
        return self._motor(self.integracao.conexoes.origem)

    @cached_property
    def consultas(self) -> ConsultasSistema:
        return ConsultasSistema(self.origem, self.sistema, self.integracao.pasta_sql)

    @cached_property
    def depara(self) -> DePara:
        return DePara.carregar(self.integracao.id, self.integracao.sistema)

    def numero(self, processo: str) -> int:
        """IntegracaoID in Fusion under which the records of a process arrive."""
        return self.integracao.entrega_de(processo).own_code or self.integracao.integracao_id

    @cached_property
    def livro(self) -> Livro:
        """Ledger of the first process: the one that a form's request goes to."""
        return Livro(self.fusion, self.numero(self.sistema.processos[0].nome), self.sistema.entidade)

    def fila(self, processo: str = "") -> Fila:
        """Queue of one process; of the system's first one where none is named."""
        if processo == CARGA_INICIAL:
            return Fila(self.fusion, self.integracao.integracao_id, processo, parados=self._parados("ImportacaoAtendimento"))
        p = self.sistema.processo(processo) if processo else self.sistema.processos[0]
        tipo = FilaArquivos if p.messages else Fila
        return tipo(self.fusion, self.integracao.integracao_id, p.nome, p.tabela, self._parados(p.tabela))

    def _parados(self, tabela: str) -> tuple[str, ...]:
        desligados = (p for p in self.sistema.processos if not self.integracao.entrega_de(p.nome).habilitado)
        return tuple(p.nome for p in desligados if p.tabela == tabela)

    def fila_pedidos(self) -> Fila:
        """Patients that Fusion asks for, in systems that have such a queue."""
        pedidos = self.sistema.requests
        assert pedidos is not None, f"{self.sistema.nome} has no queue of requests"
        return Fila(self.fusion, self.integracao.integracao_id, pedidos.nome, pedidos.tabela)

    def filas(self) -> list[Fila]:
        """All queues of live traffic whose process is switched on."""
        return [self.fila(p.nome) for p in self.sistema.processos if self.integracao.entrega_de(p.nome).habilitado]

    def marcas(self, processo: str = BUSCA) -> Marcas:
        return Marcas(self.fusion, self.integracao.integracao_id, processo)

    def assinar_plantao(self, presente: bool = True) -> None:
        """Tell the watcher that a run of this integration is at work (for some seconds), or no longer."""
        presence.assinar(self.fusion, self.integracao.integracao_id, PLANTAO, presente)

    def seguir_de_plantao(self, presente: bool) -> None:
        """Like :meth:`assinar_plantao` for a step after which the run goes on: signs on, never off."""
        if presente:
            self.assinar_plantao()

    def fechar(self) -> None:
        for nome in ("fusion", "origem"):
            if nome in self.__dict__:
                self.__dict__[nome].dispose()
