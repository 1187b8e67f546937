"""Parts of a delivery: reader, ledger, the way of each queue into Fusion, and the loop with its limits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote

from include.fusion.delivery.loop import Entrega, Parametros
from include.fusion.delivery.outbox import TABELA as TABELA_HL7
from include.fusion.delivery.outbox import Arquivos
from include.fusion.delivery.route import Destino, Via
from include.fusion.reading.reader import Leitor, Montador
from include.fusion.reading.spec import Contexto
from include.fusion.settings import Integracao
from include.fusion.settings.sections import CargaInicial, Importacao, Processamento
from include.fusion.settings.sections import Entrega as AjustesEntrega
from include.fusion.sistemas.trackcare.settings import TrackCare
from include.fusion.store.ledger import Livro
from include.fusion.store.unmapped_codes import somar_faltantes
from include.fusion.wiring.runtime import CARGA_INICIAL, Partes

VEZ_MAX = 5.0
"""Seconds that one of several processes of a run delivers before the next one's turn."""
NO_CORPO = {"agenda_cirurgica": "agendamento"}
"""Name of a record in its request's body, where it is not the entity's."""
PRAZO_PENDENCIAS = timedelta(minutes=2)
"""Lease of the patients whose messages are being made."""


def destino_de(integracao: Integracao, entidade: str = "atendimento", layout_id: int | None = None, numero: int | None = None) -> Destino:
    """Where records of a kind go: the JSON layout where their process has one, the controller of their kind otherwise.

    ``numero``: IntegracaoID of their process; the entry's where it is not given.
    """
    numero, rotas = numero or integracao.integracao_id, integracao.rotas
    rota: str = getattr(rotas, entidade)

    def cancelar(chave: str) -> str:
        return f"{rota}/{numero}/{quote(chave, safe='')}"

    if layout_id is not None:
        return Destino(
            rotas.do_layout(layout_id), lambda corpo: {"integracaoId": numero, "versaoLayout": "1.0", "registro": corpo}, cancelar
        )
    if entidade == "aplicacao_pendencia":
        return Destino(rota, lambda corpo: corpo, cancelar)  # It names its integration itself.
    return Destino(rota, lambda corpo: {"integracaoId": numero, NO_CORPO.get(entidade, entidade): corpo}, cancelar)


class PartesEntrega(Partes):
    """What carries a run's records from its queues to Fusion."""

    def leitor_de(self, entidade: str) -> Leitor:
        i = self.integracao
        omitir = i.documento_invalido == "omitir"
        contexto = Contexto(self.depara, i.fuso, omitir, getattr(i, "semi_uti", False))
        if isinstance(i, TrackCare):
            from include.fusion.sistemas.trackcare.context import contexto_de

            contexto = contexto_de(i, self.depara, omitir)
        return Leitor(self.consultas, contexto, entidade)

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
        if p.tabela == TABELA_HL7:
            arquivos = self.arquivos(p.nome)
            return Via(arquivos.fila, arquivos, arquivos.ler_bytes, Destino("", lambda corpo: corpo, str))
        numero, layout_id = self.numero(p.nome), getattr(self.integracao.entrega_de(p.nome), "layout_id", None)
        if processo == CARGA_INICIAL:
            inicial: Any = self.integracao.carga_inicial  # type: ignore[attr-defined]
            numero, layout_id = inicial.integracao_id or numero, inicial.layout_id or layout_id
        principal = p.entidade == self.sistema.entidade
        leitor = self.leitor if principal else self.leitor_de(p.entidade)
        return Via(
            self.fila(processo),
            Livro(self.fusion, numero, p.entidade),
            lambda registros: leitor.ler([r.chave for r in registros]),
            destino_de(self.integracao, p.entidade, layout_id, numero),
            sempre=p.montar is not None,
            cancelar_ausentes=p.cancelar_ausentes,
        )

    def vias(self) -> list[Via]:
        """All queues of live traffic whose process is switched on."""
        return [self.via(p.nome) for p in self.sistema.processos if not p.prepara and self.integracao.entrega_de(p.nome).habilitado]

    def arquivos(self, processo: str) -> Arquivos:
        """Messages that wait in the queue of a process."""
        return Arquivos(self.fusion, self.fila(processo))

    @staticmethod
    def nada_preparado() -> Any:
        """What :meth:`atender_pendencias_hl7` gives of no patient: to add to."""
        from include.fusion.sistemas.trackcare.prepare import ResultadoPendencias

        return ResultadoPendencias()

    def atender_pendencias_hl7(self, dono: str) -> Any:
        """Make messages of what waits in the queue that prepares them."""
        from include.fusion.sistemas.trackcare.prepare import Preparo

        prepara = next(p for p in self.sistema.processos if p.prepara)
        ajustes: Any = self.integracao.entrega_de(prepara.nome)
        if not ajustes.habilitado:
            return self.nada_preparado()
        leitor: Any = self.leitor
        arquivos = self.arquivos(next(p.nome for p in self.sistema.processos if p.tabela == TABELA_HL7))
        livro = Livro(self.fusion, self.integracao.integracao_id, "mensagem")
        preparo = Preparo(self.fila(prepara.nome), leitor.ler, arquivos, livro, self.fusion, prazo=PRAZO_PENDENCIAS)
        return preparo.executar(dono, ajustes.max_records)

    def registrar_faltantes(self) -> None:
        """Keep the codes that De/Para did not know, for the report."""
        with self.fusion.begin() as con:
            somar_faltantes(con, self.integracao.integracao_id, self.depara.faltantes)

    def entrega(self, ajustes: AjustesEntrega, cliente: Any, dono: str, vias: Sequence[Via], **opcoes: Any) -> Entrega:
        """Delivery of some queues."""
        return Entrega(
            fusion=self.fusion,
            vias=vias,
            cliente=cliente,
            parametros=parametros(ajustes, self.integracao.busca.intervalo_vigia),
            dono=dono,
            **opcoes,
        )


def parametros(ajustes: AjustesEntrega, intervalo_vigia: timedelta) -> Parametros:
    """Settings of a process as the delivery loop takes them (seconds)."""
    valores: dict[str, Any] = {
        nome: getattr(ajustes, nome) for nome in ("lote", "concorrencia", "tentativas_max", "parcela_erro_max", "minimo_para_parcela")
    }
    for nome in ("permanencia", "prazo_reserva", "espera_inicial", "espera_max"):
        valores[nome] = getattr(ajustes, nome).total_seconds()
    if isinstance(ajustes, Processamento):
        valores["duracao_max"] = VEZ_MAX
    if isinstance(ajustes, CargaInicial):
        valores["ate_esvaziar"] = True
    if isinstance(ajustes, Importacao):
        valores |= {"max_por_ciclo": ajustes.max_records, "intervalo_ciclo": ajustes.intervalo.total_seconds()}
    return Parametros(**valores, intervalo_vigia=intervalo_vigia.total_seconds())
