"""Puts one run together from its settings: engines, queue, ledger, reader, load and delivery."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote

from include.fusion import plantao
from include.fusion.carga import Carga
from include.fusion.depara import DePara
from include.fusion.entrega import Destino, Entrega, Parametros, Resultado
from include.fusion.filas import Fila
from include.fusion.leitura import ConsultasSistema, Leitor
from include.fusion.livro import Livro
from include.fusion.marcas import Marca, Marcas
from include.fusion.settings import EsusAb, Integracao
from include.fusion.settings.processos import Entrega as AjustesEntrega
from include.fusion.settings.processos import Importacao
from include.fusion.sistemas.base import Contexto, Sistema
from include.fusion.vigia import EXECUCAO, venceu

BUSCA = "carga"
"""Process under which the watermarks of live traffic are kept."""
ENTREGA = "importacao"
"""Process whose queue rows are live traffic."""
CARGA_INICIAL = "carga_inicial"


def sistema_de(integracao: Integracao) -> Sistema:
    """The source system's own module, found by its name."""
    sistema: Sistema = importlib.import_module(f"include.fusion.sistemas.{integracao.sistema}").SISTEMA
    return sistema


def destino_de(integracao: Integracao) -> Destino:
    """Where this integration's attendances go: the JSON layout where it has one, the attendance controller otherwise."""
    numero, rotas = integracao.integracao_id, integracao.rotas

    def cancelar(chave: str) -> str:
        return f"{rotas.atendimento}/{numero}/{quote(chave, safe='')}"

    if isinstance(integracao, EsusAb):
        return Destino(
            rotas.do_layout(integracao.importacao.layout_id),
            lambda corpo: {"integracaoId": numero, "versaoLayout": "1.0", "registro": corpo},
            cancelar,
        )
    return Destino(rotas.atendimento, lambda corpo: {"integracaoId": numero, "atendimento": corpo}, cancelar)


class Montagem:
    """Parts of one run, each made when first asked for; ``fechar`` gives the connections back."""

    def __init__(self, integracao: Integracao, motor: Callable[[str], Any]) -> None:
        self.integracao = integracao
        self._motor = motor

    @cached_property
    def sistema(self) -> Sistema:
        return sistema_de(self.integracao)

    @cached_property
    def fusion(self) -> Any:
        return self._motor(self.integracao.conexoes.fusion_db)

    @cached_property
    def origem(self) -> Any:
        return self._motor(self.integracao.conexoes.origem)

    @cached_property
    def consultas(self) -> ConsultasSistema:
        return ConsultasSistema(self.origem, self.sistema, self.integracao.pasta_sql)

    @cached_property
    def depara(self) -> DePara:
        return DePara.carregar(self.integracao.id, self.integracao.sistema)

    @cached_property
    def leitor(self) -> Leitor:
        contexto = Contexto(self.depara, self.integracao.fuso, self.integracao.documento_invalido == "omitir")
        return Leitor(self.consultas, contexto)

    @cached_property
    def livro(self) -> Livro:
        return Livro(self.fusion, self.integracao.integracao_id)

    def fila(self, processo: str = ENTREGA) -> Fila:
        return Fila(self.fusion, self.integracao.integracao_id, processo)

    def marcas(self, processo: str = BUSCA) -> Marcas:
        return Marcas(self.fusion, self.integracao.integracao_id, processo)

    def carga(self) -> Carga:
        """Load of what changed. A system with an initial load starts live traffic at now; another one from its first record."""
        busca = self.integracao.busca
        tem_inicial = getattr(self.integracao, CARGA_INICIAL, None) is not None
        return Carga(
            self.consultas,
            self.fusion,
            self.fila(),
            self.marcas(),
            fuso=self.integracao.fuso,
            sobreposicao=busca.sobreposicao,
            pagina=busca.pagina,
            sem_marca="agora" if tem_inicial else "tudo",
        )

    def registrar_carga(self) -> None:
        """Note that the load ran: its interval counts from here."""
        with self.fusion.begin() as con:
            self.marcas().gravar(con, EXECUCAO, Marca(None))

    def carga_venceu(self) -> bool:
        """Without a watcher on the source the load runs on its own interval, counted from its last run."""
        with self.fusion.connect() as con:
            marca = self.marcas().ler(con, EXECUCAO)
        return venceu(marca.executado_em if marca else None, self.integracao.intervalo_busca)

    def entrega(self, ajustes: AjustesEntrega, cliente: Any, dono: str, processo: str = ENTREGA, **opcoes: Any) -> Entrega:
        return Entrega(
            fusion=self.fusion,
            fila=self.fila(processo),
            livro=self.livro,
            leitor=self.leitor,
            cliente=cliente,
            destino=destino_de(self.integracao),
            parametros=parametros(ajustes, self.integracao.busca.intervalo_vigia),
            dono=dono,
            plantao=lambda presente: self.assinar_plantao(presente, processo),
            **opcoes,
        )

    def assinar_plantao(self, presente: bool = True, processo: str = ENTREGA) -> None:
        """Tell the watcher that a run of this integration is at work (for some seconds), or no longer."""
        plantao.assinar(self.fusion, self.integracao.integracao_id, processo, presente)

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
    if isinstance(ajustes, Importacao):
        valores |= {"max_por_ciclo": ajustes.max_records, "intervalo_ciclo": ajustes.intervalo.total_seconds()}
    return Parametros(**valores, intervalo_vigia=intervalo_vigia.total_seconds())


def resumo(r: Resultado) -> str:
    """One line in Portuguese for the log."""
    return (
        f"{r.enviados} enviados, {r.cancelados} cancelados, {r.inalterados} sem mudança, {r.erros} com erro, "
        f"{r.adiados} adiados, {r.enfileirados} buscados durante a execução"
    )
