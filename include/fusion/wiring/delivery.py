"""Parts of a delivery: reader, ledger, the way of each queue into Fusion, and the loop with its limits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote

from include.fusion.delivery.batch import Lotes
from include.fusion.delivery.loop import Entrega
from include.fusion.delivery.outbox import Arquivos
from include.fusion.delivery.result import Resultado
from include.fusion.delivery.route import Destino, Via
from include.fusion.delivery.sender import Remessa
from include.fusion.delivery.work import Parametros
from include.fusion.reading.reader import Leitor, Montador
from include.fusion.reading.spec import Processo
from include.fusion.settings import Integracao
from include.fusion.settings.sections import CargaInicial, Importacao, PendenciaBusca, Processamento
from include.fusion.settings.sections import Entrega as AjustesEntrega
from include.fusion.store.filas.messages import FilaArquivos
from include.fusion.store.ledger import Livro
from include.fusion.store.unmapped_codes import somar_faltantes
from include.fusion.wiring.runtime import CARGA_INICIAL, Partes
from include.fusion.wiring.systems import module_of

VEZ_MAX = 5.0
"""Seconds that one of several processes of a run delivers before the next one's turn."""


def destino_de(integracao: Integracao, processo: Processo, layout_id: int | None = None, numero: int | None = None) -> Destino:
    """Where the records of a process go: the JSON layout where it has one, the controller of their kind otherwise.

    ``numero``: IntegracaoID of their process; the entry's where it is not given.
    """
    numero, rotas = numero or integracao.integracao_id, integracao.rotas
    rota = rotas.of(processo.entidade)

    def cancelar(chave: str) -> str:
        return f"{rota}/{numero}/{quote(chave, safe='')}"

    if layout_id is not None:
        return Destino(
            rotas.do_layout(layout_id), lambda corpo: {"integracaoId": numero, "versaoLayout": "1.0", "registro": corpo}, cancelar
        )
    if processo.body is None:
        return Destino(rota, lambda corpo: corpo, cancelar)
    return Destino(rota, lambda corpo: {"integracaoId": numero, processo.body or processo.entidade: corpo}, cancelar)


class PartesEntrega(Partes):
    """What carries a run's records from its queues to Fusion."""

    def leitor_de(self, entidade: str) -> Leitor:
        return Leitor(self.consultas, self.sistema.make_context(self.integracao, self.depara), entidade)

    @cached_property
    def leitor(self) -> Leitor | Montador:
        """Reads the system's main kind of record."""
        montar = self.sistema.processos[0].montar
        if montar is not None:
            return Montador(lambda chave: montar(chave, self.integracao))
        return self.leitor_de(self.sistema.entidade)

    def via(self, processo: str = "") -> Via:
        """Queue of one process and the way of its records into Fusion."""
        p = self.sistema.processos[0] if processo in ("", CARGA_INICIAL) else self.sistema.processo(processo)
        if p.messages:
            arquivos = self.arquivos(p.nome)
            return Via(arquivos.fila, arquivos, arquivos.ler_bytes, Destino("", lambda corpo: corpo, str))
        numero, layout_id = self.numero(p.nome), self.integracao.entrega_de(p.nome).own_layout
        if processo == CARGA_INICIAL:
            inicial = CargaInicial.of(self.integracao.initial_load)
            numero, layout_id = inicial.integracao_id or numero, inicial.layout_id or layout_id
        principal = p.entidade == self.sistema.entidade
        leitor = self.leitor if principal else self.leitor_de(p.entidade)
        return Via(
            self.fila(processo),
            Livro(self.fusion, numero, p.entidade),
            lambda registros: leitor.ler([r.chave for r in registros]),
            destino_de(self.integracao, p, layout_id, numero),
            sempre=p.montar is not None,
            cancelar_ausentes=p.cancelar_ausentes,
        )

    def vias(self) -> list[Via]:
        """All queues of live traffic whose process is switched on."""
        return [self.via(p.nome) for p in self.sistema.processos if not p.prepara and self.integracao.entrega_de(p.nome).habilitado]

    def arquivos(self, processo: str) -> Arquivos:
        """Messages that wait in the queue of a process."""
        fila = self.fila(processo)
        assert isinstance(fila, FilaArquivos)
        return Arquivos(fila)

    def nothing_prepared(self) -> Any:
        """Counts of a preparation that has not begun."""
        return module_of(self.integracao, "prepare").ResultadoPendencias()

    def atender_pendencias_hl7(self, dono: str) -> Any:
        """Make messages of what waits in the queue that prepares them."""
        prepara = next(p for p in self.sistema.processos if p.prepara)
        ajustes = PendenciaBusca.of(self.integracao.entrega_de(prepara.nome))
        if not ajustes.habilitado:
            return self.nothing_prepared()
        leitor: Any = self.leitor
        arquivos = self.arquivos(next(p.nome for p in self.sistema.processos if p.messages))
        livro = Livro(self.fusion, self.integracao.integracao_id, "mensagem")
        preparo = module_of(self.integracao, "prepare").Preparo(
            self.fila(prepara.nome), leitor.ler, arquivos, livro, self.fusion, dono, ajustes.max_records
        )
        return asyncio.run(Entrega(preparo).run())

    def registrar_faltantes(self) -> None:
        """Keep the codes that De/Para did not know, for the report."""
        with self.fusion.begin() as con:
            somar_faltantes(con, self.integracao.integracao_id, self.depara.faltantes)

    def entrega(self, ajustes: AjustesEntrega, cliente: Any, dono: str, vias: Sequence[Via], **opcoes: Any) -> Entrega[Resultado]:
        """Delivery of some queues."""
        remessa = Remessa(cliente, parametros(ajustes, self.integracao.busca.intervalo_vigia))
        return Entrega(Lotes(self.fusion, vias, remessa, dono), **opcoes)


def parametros(ajustes: AjustesEntrega, intervalo_vigia: timedelta) -> Parametros:
    """Settings of a process as the delivery loop takes them (seconds)."""
    parametros = Parametros(
        lote=ajustes.lote,
        concorrencia=ajustes.concorrencia,
        permanencia=ajustes.permanencia.total_seconds(),
        prazo_reserva=ajustes.prazo_reserva.total_seconds(),
        tentativas_max=ajustes.tentativas_max,
        espera_inicial=ajustes.espera_inicial.total_seconds(),
        espera_max=ajustes.espera_max.total_seconds(),
        parcela_erro_max=ajustes.parcela_erro_max,
        minimo_para_parcela=ajustes.minimo_para_parcela,
        intervalo_vigia=intervalo_vigia.total_seconds(),
        ate_esvaziar=isinstance(ajustes, CargaInicial),
    )
    if isinstance(ajustes, Processamento):
        parametros = replace(parametros, duracao_max=VEZ_MAX)
    if isinstance(ajustes, Importacao):
        parametros = replace(parametros, max_por_ciclo=ajustes.max_records, intervalo_ciclo=ajustes.intervalo.total_seconds())
    return parametros
