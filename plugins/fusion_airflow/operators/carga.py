"""Carga: finds what changed at the source and feeds the queue of the next step."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from fusion_airflow.operators.base import OperadorIntegracao

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.fusion.change.replay import Pedido
    from include.fusion.change.result import ResultadoCarga
    from include.fusion.wiring import Montagem

log = logging.getLogger(__name__)
PRAZO = timedelta(minutes=2)
"""Lease of the patients that are being looked up."""


class CargaOperator(OperadorIntegracao):
    """Queues what changed, or what a form asks for; skips the steps for which nothing waits.

    ``passo``: the search step that this is, in systems that have several; ``ajustes``: name of its settings section.
    """

    alimenta = True

    def __init__(self, *, integracao: str, ajustes: str = "carga", passo: str | None = None, primeiro: bool = True, **kwargs: Any) -> None:
        super().__init__(integracao=integracao, **kwargs)
        self.ajustes = ajustes
        self.passo = passo
        self.primeiro = primeiro
        """The run's first step: it is the one that takes the form's request to the queue."""

    def tem_trabalho(self, montagem: Montagem) -> bool:
        with montagem.fusion.connect() as con:
            marcas = {o.nome: m for o in montagem.consultas.origens if (m := montagem.marcas().ler(con, o.nome))}
        return montagem.vigia(self.passo).ha_trabalho(marcas)

    def processar(self, context: Context, montagem: Montagem, pedido: Pedido) -> dict[str, Any]:
        from include.fusion.change.replay import Pedido
        from include.fusion.settings.sections import Processo

        if pedido.simular:
            self.log.info("Simulação: a carga não altera nada; a importação lê e monta sem enviar.")
            return {"simulacao": True}
        contagens = buscar(
            montagem,
            pedido if self.primeiro else Pedido(),
            manual=context["dag_run"].run_type == "manual",
            habilitada=Processo.of(montagem.integracao.section(self.ajustes)).habilitado,
            passo=self.passo,
        )
        self.log.info("%s", frase(contagens))
        return self.pular_sem_trabalho(context, montagem, contagens)


class PedidosOperator(OperadorIntegracao):
    """Patients that Fusion asks for: all their attendances are queued."""

    alimenta = True

    def tem_trabalho(self, montagem: Montagem) -> bool:
        return montagem.fila_pedidos().tem_prontos()

    def processar(self, context: Context, montagem: Montagem, pedido: Pedido) -> dict[str, Any]:
        from include.fusion.change.replay import atender_pedidos
        from include.fusion.settings.sections import Processo

        if pedido.simular:
            raise AirflowSkipException("Simulação: os pedidos do Fusion ficam como estão")
        ajustes = Processo.of(montagem.integracao.section("busca_atendimentos_paciente"))
        self.pular_se_desligado(ajustes.habilitado, "busca de atendimentos do paciente")
        pedidos, busca = montagem.fila_pedidos(), montagem.integracao.busca
        if context["ti"].try_number > 1:
            pedidos.recuperar(self.prefixo(context))
            pedidos.reenviar_erros(prefixo_dono=self.prefixo(context))
        pacientes, enfileirados = atender_pedidos(
            montagem.consultas,
            montagem.fusion,
            pedidos,
            montagem.fila(),
            montagem.livro,
            self.dono(context),
            pagina=busca.pagina,
            prazo=PRAZO,
        )
        self.log.info("%d pacientes pedidos pelo Fusion; %d atendimentos enfileirados", pacientes, enfileirados)
        return self.pular_sem_trabalho(context, montagem, {"pacientes": pacientes, "enfileirados": enfileirados})


def buscar(montagem: Montagem, pedido: Pedido, *, manual: bool, habilitada: bool = True, passo: str | None = None) -> dict[str, Any]:
    """One look for work: what the form asks for, else what changed (when its interval or a watcher says so)."""
    from include.fusion.change.replay import enfileirar_pedido

    montagem.assinar_plantao()
    contagens: dict[str, Any] = {"lidos": 0, "enfileirados": 0, "reenviados": 0}
    fila, busca = montagem.fila(), montagem.integracao.busca
    if pedido.comparar_tudo:
        montagem.esquecer_marcas(passo)
    if pedido.reenviar_erros:
        contagens["reenviados"] = sum(fila.reenviar_erros() for fila in montagem.filas())
    if pedido.filtra:
        contagens["enfileirados"] = enfileirar_pedido(
            montagem.consultas, montagem.fusion, fila, montagem.livro, pedido, pagina=busca.pagina
        )
    elif habilitada and (manual or busca.vigiar_origem or montagem.carga_venceu()):
        andamento = _Andamento(montagem)
        try:
            resultado = montagem.busca(passo).executar(andamento)
        finally:
            # Also where the look failed half-way: what it stored until then is not seen to go back again.
            avisar_regressivas(andamento.regressivas)
        montagem.registrar_carga()
        contagens |= {"lidos": resultado.lidos, "enfileirados": resultado.enfileirados, "por_origem": resultado.por_origem}
        if resultado.futuros:
            contagens["data_no_futuro"] = resultado.futuros
        if resultado.regressivas:
            contagens["versoes_regressivas"] = resultado.regressivas
    return contagens


def frase(contagens: dict[str, Any]) -> str:
    """One line in Portuguese for the log."""
    partes = [f"{contagens['enfileirados']} mudanças enfileiradas", f"{contagens['lidos']} lidas na origem"]
    if contagens["reenviados"]:
        partes.append(f"{contagens['reenviados']} registros com erro postos de novo na fila")
    if contagens.get("data_no_futuro"):
        partes.append(f"{contagens['data_no_futuro']} com data de alteração no futuro (confira o relógio da origem)")
    return "; ".join(partes)


def avisar_regressivas(quantas: int) -> int:
    """Say what it means that versions went back; gives ``quantas`` back."""
    if quantas:
        log.warning(
            "%d registros da origem com versão menor do que a última vista, ou outros sob a mesma chave: banco restaurado de um backup, ou "
            "versão mexida à mão. Foram enfileirados e o Fusion recebe o que a origem tem agora; o que a restauração perdeu se perde também "
            "lá. Confirme com o responsável pelo banco da origem.",
            quantas,
        )
    return quantas


class _Andamento:
    """After each page: the watcher learns that somebody is at work, and the log, every ten seconds, how far it got."""

    def __init__(self, montagem: Montagem) -> None:
        self._montagem = montagem
        self._dito_em = time.monotonic()
        self.regressivas = 0

    def __call__(self, resultado: ResultadoCarga) -> None:
        self.regressivas = resultado.regressivas
        self._montagem.assinar_plantao()
        if time.monotonic() - self._dito_em >= 10:
            self._dito_em = time.monotonic()
            log.info("Carga em andamento: %d lidas, %d enfileiradas", resultado.lidos, resultado.enfileirados)
