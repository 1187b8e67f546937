"""Importação: drains a queue into Fusion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from fusion_airflow.operators.base import OperadorIntegracao, parcela_recusada

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.fusion.settings import Entrega
    from include.fusion.wiring.names import Montagem, Pedido, Via


class ImportacaoOperator(OperadorIntegracao):
    """Delivers what is queued; with ``busca`` it also looks for changes first (a process that the seed does not split in two).

    A refused record goes to ``erro`` and the task stays green; an API or database that is down fails it, and Airflow retries. While it
    lingers on an empty queue it looks at the source again, so that steady traffic needs few task starts. ``processo``: the queue process,
    in systems that have several; the run then goes on after this step.
    """

    def __init__(self, *, integracao: str, busca: bool = False, processo: str = "", **kwargs: Any) -> None:
        super().__init__(integracao=integracao, **kwargs)
        self.busca = busca
        self.processo = processo

    def tem_trabalho(self, montagem: Montagem) -> bool:
        return montagem.fila(self.processo).tem_prontos()

    def processar(self, context: Context, montagem: Montagem, pedido: Pedido) -> dict[str, Any]:
        from include.fusion.settings import Importacao
        from include.fusion.wiring.names import buscar, frase

        ajustes = Importacao.of(montagem.integracao.entrega_de(self.processo))
        self.pular_se_desligado(ajustes.habilitado, self.processo.replace("_", " ") or "importação")
        via = montagem.via(self.processo)
        if pedido.simular:
            if self.processo not in ("", montagem.sistema.processos[0].nome):
                raise AirflowSkipException("Simulação: feita na primeira etapa de processamento")
            return self._simular(montagem, pedido, ajustes.max_records)
        self.retomar(context, via.fila)
        if self.busca:
            encontrados = buscar(montagem, pedido, manual=context["dag_run"].run_type == "manual")
            self.log.info("%s", frase(encontrados))
        resultado = self.entregar(context, montagem, ajustes, [via], ultimo=not self.processo)
        via.fila.limpar(timedelta(days=ajustes.retencao_dias))
        return resultado

    def entregar(self, context: Context, montagem: Montagem, ajustes: Entrega, vias: list[Via], *, ultimo: bool) -> dict[str, Any]:
        """Drain ``vias``; the run's last step stays on duty and looks at the source while it waits."""
        from include.fusion.wiring.names import Espreita, Olhar

        busca = montagem.integracao.busca
        de_olho = ultimo and busca.habilitado and busca.vigiar_origem
        olhar = Olhar(self.olhar(context, montagem)) if de_olho else None
        entrega = montagem.entrega(
            ajustes,
            self.cliente(montagem, ajustes),
            self.dono(context),
            vias,
            plantao=montagem.assinar_plantao if ultimo else montagem.seguir_de_plantao,
            realimentar=Espreita(olhar) if olhar else None,
        )
        try:
            with parcela_recusada():
                entrega.executar()
        finally:
            montagem.registrar_faltantes()
            self.log.info("%s", entrega.resultado.resumo())
            motivos = self.motivos(entrega.resultado)
        regressivas = {"versoes_regressivas": olhar.regressivas} if olhar and olhar.regressivas else {}
        return entrega.resultado.contagens() | regressivas | {"motivos": motivos}

    def olhar(self, context: Context, montagem: Montagem) -> Any:
        """What looks for new work while an empty queue is watched."""
        return montagem.busca()

    def cliente(self, montagem: Montagem, ajustes: Entrega) -> Any:
        """Who sends."""
        from fusion_airflow.hooks.fusion import FusionHook

        return FusionHook(montagem.integracao.conexoes.fusion_api).cliente(ajustes.concorrencia)

    def _simular(self, montagem: Montagem, pedido: Pedido, limite: int) -> dict[str, Any]:
        from include.fusion.wiring.names import simular

        resultado = simular(montagem.consultas, montagem.fila(), montagem.leitor, pedido, limite=limite)
        self.log.info("Simulação, nada foi enviado nem alterado: %s", resultado)
        return {"simulacao": True} | resultado


class AcompanhamentoOperator(ImportacaoOperator):
    """Last step of a run with several processes: stays on duty for all their queues while traffic is steady.

    A discharge that comes while openings are delivered is not left to the next run, and none of the steps before keeps the others waiting.
    """

    def tera_trabalho(self, montagem: Montagem, antes: Sequence[Any]) -> bool:
        return bool(antes)  # It follows the steps that have some.

    def processar(self, context: Context, montagem: Montagem, pedido: Pedido) -> dict[str, Any]:
        if pedido.simular:
            raise AirflowSkipException("Simulação: nada a acompanhar")
        vias = montagem.vias()
        self.retomar(context, *(via.fila for via in vias))
        return self.entregar(context, montagem, montagem.integracao.entrega, vias, ultimo=True)
