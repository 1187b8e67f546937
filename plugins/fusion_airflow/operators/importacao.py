"""Importação: drains a queue into Fusion."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from fusion_airflow.operators.base import OperadorIntegracao
from fusion_airflow.operators.carga import buscar, frase

if TYPE_CHECKING:
    from airflow.sdk import Context

    from fusion_airflow.montagem import Montagem
    from include.fusion.pedido import Pedido

MOTIVOS_NO_XCOM = 10


class ImportacaoOperator(OperadorIntegracao):
    """Delivers what is queued; with ``busca`` it also looks for changes first (a process that the seed does not split in two).

    A refused record goes to ``erro`` and the task stays green; an API or database that is down fails it, and Airflow retries. While it
    lingers on an empty queue it looks at the source again, so that steady traffic needs few task starts.
    """

    def __init__(self, *, integracao: str, busca: bool = False, **kwargs: Any) -> None:
        super().__init__(integracao=integracao, **kwargs)
        self.busca = busca

    def processar(self, context: Context, montagem: Montagem, pedido: Pedido) -> dict[str, Any]:
        from fusion_airflow.hooks import FusionHook
        from fusion_airflow.montagem import resumo
        from include.fusion.carga import Espreita
        from include.fusion.entrega import MuitosErros

        ajustes: Any = montagem.integracao.entrega
        self.pular_se_desligado(ajustes.habilitado, "importação")
        if pedido.simular:
            return self._simular(montagem, pedido, ajustes.max_records)
        fila = montagem.fila()
        if context["ti"].try_number > 1:
            # An earlier try may have been killed, or on-call has cleared this task: take its rows back and give its errors another chance.
            fila.recuperar(self.prefixo(context))
            fila.reenviar_erros(prefixo_dono=self.prefixo(context))
        if self.busca:
            encontrados = buscar(montagem, pedido, manual=context["dag_run"].run_type == "manual")
            self.log.info("%s", frase(encontrados))
        origem_viva = montagem.integracao.busca.habilitado and montagem.integracao.busca.vigiar_origem
        entrega = montagem.entrega(
            ajustes,
            FusionHook(montagem.integracao.conexoes.fusion_api).cliente(ajustes.concorrencia),
            self.dono(context),
            realimentar=Espreita(montagem.carga()) if origem_viva else None,
        )
        try:
            entrega.executar()
        except MuitosErros as erro:
            # Trying again by itself would only refuse the same records again.
            raise AirflowFailException(str(erro)) from None
        finally:
            registrar_faltantes(montagem)
            self.log.info("%s", resumo(entrega.resultado))
            for motivo, quantos in entrega.resultado.motivos.most_common(MOTIVOS_NO_XCOM):
                self.log.warning("%d com erro: %s", quantos, motivo)
        fila.limpar(timedelta(days=ajustes.retencao_dias))
        return entrega.resultado.contagens() | {"motivos": dict(entrega.resultado.motivos.most_common(MOTIVOS_NO_XCOM))}

    def _simular(self, montagem: Montagem, pedido: Pedido, limite: int) -> dict[str, Any]:
        from include.fusion.simulacao import simular

        resultado = simular(montagem.consultas, montagem.fila(), montagem.leitor, pedido, limite=limite)
        self.log.info("Simulação, nada foi enviado nem alterado: %s", resultado)
        return {"simulacao": True} | resultado


def registrar_faltantes(montagem: Montagem) -> None:
    """Keep the codes that De/Para did not know, for the report."""
    from include.fusion.livro import somar_faltantes

    with montagem.fusion.begin() as con:
        somar_faltantes(con, montagem.integracao.integracao_id, montagem.depara.faltantes)
