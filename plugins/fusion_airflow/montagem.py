"""Puts one run together from its settings: engines, queue, ledger, reader, load and delivery."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote

from include.fusion import plantao
from include.fusion.busca import Busca
from include.fusion.carga import Carga
from include.fusion.depara import DePara
from include.fusion.entrega import Destino, Entrega, Parametros, Resultado, Via
from include.fusion.espelho import Espelho
from include.fusion.filas import Fila
from include.fusion.hl7.arquivos import TABELA as TABELA_HL7
from include.fusion.hl7.arquivos import Arquivos, FilaArquivos
from include.fusion.leitura import ConsultasSistema, Leitor, Montador
from include.fusion.livro import Livro, SemLivro
from include.fusion.marcas import Marca, Marcas
from include.fusion.pendencias import Pendencias
from include.fusion.retrato import Retratos, VigiaRetratos
from include.fusion.settings import Integracao, TrackCare
from include.fusion.settings.processos import CargaInicial, Importacao, Processamento
from include.fusion.settings.processos import Entrega as AjustesEntrega
from include.fusion.sistemas.base import Contexto, Sistema
from include.fusion.tabelas import paciente_ses
from include.fusion.vigia import EXECUCAO, Alvo, VigiaOrigem, venceu

BUSCA = "carga"
"""Process under which the watermarks of live traffic are kept."""
PLANTAO = "importacao"
"""Process under which a run of the integration says that it is at work."""
CARGA_INICIAL = "carga_inicial"
VEZ_MAX = 5.0
"""Seconds that one of several processes of a run delivers before the next one's turn."""
NO_CORPO = {"agenda_cirurgica": "agendamento"}
"""Name of a record in its request's body, where it is not the entity's."""
PRAZO_PENDENCIAS = timedelta(minutes=2)
"""Lease of the patients whose messages are being made."""
PEDIDOS = ("PendenciaBuscaAtendimentos", "busca_atendimentos_paciente")
"""Queue table and process of the patients that Fusion asks for."""


def sistema_de(integracao: Integracao) -> Sistema:
    """The source system's own module, found by its name."""
    sistema: Sistema = importlib.import_module(f"include.fusion.sistemas.{integracao.sistema}").SISTEMA
    return sistema


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


class Montagem:
    """Parts of one run, each made when first asked for; ``fechar`` gives the connections back.

    ``api`` makes a client of Fusion that sends so many requests at once; that of the installation's connection where it is not given.
    """

    def __init__(self, integracao: Integracao, motor: Callable[[str], Any], api: Callable[[int], Any] | None = None) -> None:
        self.integracao = integracao
        self._motor = motor
        self._api = api

    @cached_property
    def sistema(self) -> Sistema:
        """The source system without what a search step that is switched off looks at: neither a watcher nor a last step may do its work."""
        todo = sistema_de(self.integracao)
        ligadas: dict[str, Any] = {
            nome: tuple(x for x in getattr(todo, nome) if self._ligado(x.passo)) for nome in ("origens", "diarios", "rondas", "retratos")
        }
        return replace(todo, **ligadas)

    def _ligado(self, passo: str) -> bool:
        return bool(getattr(getattr(self.integracao, passo, None), "habilitado", True))

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

    def leitor_de(self, entidade: str) -> Leitor:
        i = self.integracao
        omitir = i.documento_invalido == "omitir"
        contexto = Contexto(self.depara, i.fuso, omitir, getattr(i, "semi_uti", False))
        if isinstance(i, TrackCare):
            from include.fusion.sistemas.trackcare_base import contexto_de

            contexto = contexto_de(i, self.depara, omitir)
        return Leitor(self.consultas, contexto, entidade)

    @cached_property
    def leitor(self) -> Leitor | Montador:
        """Reads the system's main kind of record."""
        montar = self.sistema.processos[0].montar
        if montar is not None:
            return Montador(lambda chave: montar(chave, self.integracao))
        return self.leitor_de(self.sistema.entidade)

    @cached_property
    def livro(self) -> Livro:
        """Ledger of the first process: the one that a form's request goes to."""
        return Livro(self.fusion, self.numero(self.sistema.processos[0].nome), self.sistema.entidade)

    def numero(self, processo: str) -> int:
        """IntegracaoID in Fusion under which the records of a process arrive."""
        proprio = getattr(self.integracao.entrega_de(processo), "integracao_id", None)
        return proprio or self.integracao.integracao_id

    def fila(self, processo: str = "") -> Fila:
        """Queue of one process; of the system's first one where none is named."""
        if processo == CARGA_INICIAL:
            return Fila(self.fusion, self.integracao.integracao_id, processo)
        p = self.sistema.processo(processo) if processo else self.sistema.processos[0]
        tipo = FilaArquivos if p.tabela == TABELA_HL7 else Fila
        return tipo(self.fusion, self.integracao.integracao_id, p.nome, p.tabela)

    def fila_pedidos(self) -> Fila:
        tabela, processo = PEDIDOS
        return Fila(self.fusion, self.integracao.integracao_id, processo, tabela)

    def via(self, processo: str = "") -> Via:
        """Queue of one process and the way of its records into Fusion."""
        p = self.sistema.processos[0] if processo in ("", CARGA_INICIAL) else self.sistema.processo(processo)
        if p.tabela == TABELA_HL7:
            return Via(self.fila(processo), SemLivro(), self.arquivos(p.nome).ler, Destino("", lambda corpo: corpo, str))
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

    def filas(self) -> list[Fila]:
        """All queues of live traffic whose process is switched on."""
        return [self.fila(p.nome) for p in self.sistema.processos if self.integracao.entrega_de(p.nome).habilitado]

    def arquivos(self, processo: str) -> Arquivos:
        """Messages that wait in the queue of a process."""
        return Arquivos(self.fusion, self.fila(processo))

    def atender_pendencias_hl7(self, dono: str) -> Any:
        """Make messages of what waits in the queue that prepares them."""
        from include.fusion.sistemas.trackcare_preparo import Preparo, ResultadoPendencias

        prepara = next(p for p in self.sistema.processos if p.prepara)
        ajustes: Any = self.integracao.entrega_de(prepara.nome)
        if not ajustes.habilitado:
            return ResultadoPendencias()
        leitor: Any = self.leitor
        arquivos = self.arquivos(next(p.nome for p in self.sistema.processos if p.tabela == TABELA_HL7))
        livro = Livro(self.fusion, self.integracao.integracao_id, "mensagem")
        preparo = Preparo(self.fila(prepara.nome), leitor.ler, arquivos, livro, self.fusion, prazo=PRAZO_PENDENCIAS)
        return preparo.executar(dono, ajustes.max_records)

    def marcas(self, processo: str = BUSCA) -> Marcas:
        return Marcas(self.fusion, self.integracao.integracao_id, processo)

    def esquecer_marcas(self, passo: str | None) -> None:
        """Begin again with the first row of every origin of a step that is compared with a copy."""
        with self.fusion.begin() as con:
            for origem in self.consultas.origens:
                if origem.espelho is not None and passo in (None, origem.passo):
                    self.marcas().gravar(con, origem.nome, Marca(None))
                    self.marcas().podar(con, origem.nome, "9")

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
            espelho=Espelho(paciente_ses, self.integracao.integracao_id, chave="pacienteid", fora=frozenset({"atualizadoem"})),
        )

    def busca(self, passo: str | None = None, depois: Callable[[], int] | None = None) -> Busca | Pendencias:
        """One look for work: of one search step, or of all; ``depois`` is done with what was found and counted with it."""
        if self.sistema.atende_pendencias:
            return self.pendencias()
        busca = self.integracao.busca_de(passo or "")
        ronda: Any = self.integracao.entrega_de("uti") if self.sistema.rondas else None
        return Busca(
            self.consultas,
            self.fusion,
            self.fila,
            self.marcas(),
            self.carga(passo),
            pagina=busca.pagina,
            ronda_a_cada=ronda.intervalo if ronda else timedelta(0),
            passo=passo,
            numero=self.numero,
            retratos=self._retratos(busca, passo) if self.sistema.retratos else None,
            depois=depois,
        )

    def _retratos(self, busca: Any, passo: str | None) -> Retratos:
        perda_max = getattr(busca, "perda_max", 1.0)
        return Retratos(self.consultas, self.fusion, self.fila, self.marcas(), pagina=busca.pagina, passo=passo, perda_max=perda_max)

    def pendencias(self) -> Pendencias:
        """What applications of Fusion have pending for this installation."""
        busca: Any = self.integracao.busca
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
        if self._api is not None:
            return self._api(conexoes)
        from fusion_airflow.hooks import FusionHook

        return FusionHook(self.integracao.conexoes.fusion_api).cliente(conexoes)

    def vigia(self, passo: str | None = None) -> VigiaOrigem | Pendencias:
        """What asks the source whether anything is new."""
        if self.sistema.atende_pendencias:
            return self.pendencias()
        busca = self.integracao.busca_de(passo or "")
        retratos = VigiaRetratos(self.consultas, self.fusion, self.marcas(), passo=passo) if self.sistema.retratos else None
        return VigiaOrigem(self.consultas, sobreposicao=busca.sobreposicao, passo=passo, retratos=retratos)

    @property
    def alvo(self) -> Alvo:
        """What a watcher asks about in the integration database."""
        filas = [(p.tabela, p.nome) for p in self.sistema.processos if self.integracao.entrega_de(p.nome).habilitado]
        pedidos = [PEDIDOS] if hasattr(self.integracao, PEDIDOS[1]) else []
        return Alvo(self.integracao.integracao_id, (*filas, *pedidos), PLANTAO, BUSCA)

    def registrar_carga(self) -> None:
        """Note that the load ran: its interval counts from here."""
        with self.fusion.begin() as con:
            self.marcas().gravar(con, EXECUCAO, Marca(None))

    def carga_venceu(self) -> bool:
        """Without a watcher on the source the load runs on its own interval, counted from its last run."""
        with self.fusion.connect() as con:
            marca = self.marcas().ler(con, EXECUCAO)
        return venceu(marca.executado_em if marca else None, self.integracao.intervalo_busca)

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

    def assinar_plantao(self, presente: bool = True) -> None:
        """Tell the watcher that a run of this integration is at work (for some seconds), or no longer."""
        plantao.assinar(self.fusion, self.integracao.integracao_id, PLANTAO, presente)

    def seguir_de_plantao(self, presente: bool) -> None:
        """Like :meth:`assinar_plantao` for a step after which the run goes on: signs on, never off."""
        if presente:
            self.assinar_plantao()

    def fechar(self) -> None:
        for nome in ("fusion", "origem"):
            if nome in self.__dict__:
                self.__dict__[nome].dispose()


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


def resumo(r: Resultado) -> str:
    """One line in Portuguese for the log."""
    poupados = "" if r.poupados_pct is None else f"; poupados: {r.poupados_pct} % (sem mudança)"
    return (
        f"{r.enviados} enviados, {r.cancelados} cancelados, {r.inalterados} sem mudança, {r.erros} com erro, "
        f"{r.adiados} adiados, {r.enfileirados} buscados durante a execução{poupados}"
    )
