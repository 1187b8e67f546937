"""Importação: drains a queue into Fusion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from fusion_airflow.operators.base import OperadorIntegracao
from fusion_airflow.operators.carga import avisar_regressivas, buscar, frase

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.fusion.change.replay import Pedido
    from include.fusion.delivery.route import Via
    from include.fusion.settings import Entrega
    from include.fusion.wiring import Montagem

MOTIVOS_NO_XCOM = 10


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

        ajustes = Importacao.of(montagem.integracao.entrega_de(self.processo))
        self.pular_se_desligado(ajustes.habilitado, self.processo.replace("_", " ") or "importação")
        via = montagem.via(self.processo)
        if pedido.simular:
            if self.processo not in ("", montagem.sistema.processos[0].nome):
                raise AirflowSkipException("Simulação: feita na primeira etapa de processamento")
            return self._simular(montagem, pedido, ajustes.max_records)
        self._retomar(context, [via])
        if self.busca:
            encontrados = buscar(montagem, pedido, manual=context["dag_run"].run_type == "manual")
            self.log.info("%s", frase(encontrados))
        resultado = self.entregar(context, montagem, ajustes, [via], ultimo=not self.processo)
        via.fila.limpar(timedelta(days=ajustes.retencao_dias))
        return resultado

    def _retomar(self, context: Context, vias: list[Via]) -> None:
        if context["ti"].try_number > 1:
            # An earlier try may have been killed, or on-call has cleared this task: take its rows back and give its errors another chance.
            for via in vias:
                via.fila.recuperar(self.prefixo(context))
                via.fila.reenviar_erros(prefixo_dono=self.prefixo(context))

    def entregar(self, context: Context, montagem: Montagem, ajustes: Entrega, vias: list[Via], *, ultimo: bool) -> dict[str, Any]:
        """Drain ``vias``; the run's last step stays on duty and looks at the source while it waits."""
        from include.fusion.change.window import Espreita
        from include.fusion.delivery.result import MuitosErros

        busca = montagem.integracao.busca
        de_olho = ultimo and busca.habilitado and busca.vigiar_origem
        olhar = _Olhar(self.olhar(context, montagem)) if de_olho else None
        entrega = montagem.entrega(
            ajustes,
            self.cliente(montagem, ajustes),
            self.dono(context),
            vias,
            plantao=montagem.assinar_plantao if ultimo else montagem.seguir_de_plantao,
            realimentar=Espreita(olhar) if olhar else None,
        )
        try:
            entrega.executar()
        except MuitosErros as erro:
            # Trying again by itself would only refuse the same records again.
            raise AirflowFailException(str(erro)) from None
        finally:
            registrar_faltantes(montagem)
            self.log.info("%s", entrega.resultado.resumo())
            for motivo, quantos in entrega.resultado.motivos.most_common(MOTIVOS_NO_XCOM):
                self.log.warning("%d com erro: %s", quantos, motivo)
        regressivas = {"versoes_regressivas": olhar.regressivas} if olhar and olhar.regressivas else {}
        return entrega.resultado.contagens() | regressivas | {"motivos": dict(entrega.resultado.motivos.most_common(MOTIVOS_NO_XCOM))}

    def olhar(self, context: Context, montagem: Montagem) -> Any:
        """What looks for new work while an empty queue is watched."""
        return montagem.busca()

    def cliente(self, montagem: Montagem, ajustes: Entrega) -> Any:
        """Who sends."""
        from fusion_airflow.hooks.fusion import FusionHook

        return FusionHook(montagem.integracao.conexoes.fusion_api).cliente(ajustes.concorrencia)

    def _simular(self, montagem: Montagem, pedido: Pedido, limite: int) -> dict[str, Any]:
        from include.fusion.delivery.dry_run import simular

        resultado = simular(montagem.consultas, montagem.fila(), montagem.leitor, pedido, limite=limite)
        self.log.info("Simulação, nada foi enviado nem alterado: %s", resultado)
        return {"simulacao": True} | resultado


class _Olhar:
    """A look at the source while a delivery lingers; what it must not swallow is said at once and counted."""

    def __init__(self, busca: Any) -> None:
        self._busca = busca
        self.regressivas = 0

    def __call__(self, janela: bool) -> int:
        regressivas = [0]
        try:
            return int(self._busca.executar(lambda r: regressivas.append(r.regressivas), janela=janela).enfileirados)
        finally:
            self.regressivas += avisar_regressivas(regressivas[-1])


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
        self._retomar(context, vias)
        return self.entregar(context, montagem, montagem.integracao.entrega, vias, ultimo=True)


def registrar_faltantes(montagem: Montagem) -> None:
    """Keep the codes that De/Para did not know, for the report."""
    from include.fusion.store.unmapped_codes import somar_faltantes

    with montagem.fusion.begin() as con:
        somar_faltantes(con, montagem.integracao.integracao_id, montagem.depara.faltantes)
