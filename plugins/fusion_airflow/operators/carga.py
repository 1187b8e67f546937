"""Carga: finds what changed at the source and feeds the queue of the next step."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from fusion_airflow.operators.base import OperadorIntegracao

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.fusion.wiring.names import Montagem, Pedido

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
        from include.fusion.settings.sections import Processo
        from include.fusion.wiring.names import Pedido, buscar, frase

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
        from include.fusion.settings.sections import Processo
        from include.fusion.wiring.names import atender_pedidos

        if pedido.simular:
            raise AirflowSkipException("Simulação: os pedidos do Fusion ficam como estão")
        ajustes = Processo.of(montagem.integracao.section("busca_atendimentos_paciente"))
        self.pular_se_desligado(ajustes.habilitado, "busca de atendimentos do paciente")
        pedidos, busca = montagem.fila_pedidos(), montagem.integracao.busca
        self.retomar(context, pedidos)
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
