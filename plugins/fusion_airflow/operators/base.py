"""What the operators share: the run's form, its parts, and who owns the rows it reserves."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException, DownstreamTasksSkipped

from fusion_airflow.operators.on_kill import Encerravel

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.fusion.change.replay import Pedido
    from include.fusion.wiring import Montagem


class OperadorIntegracao(Encerravel, BaseOperator):
    """Runs one process of one integration; ``integracao`` is the entry's id in integracoes.yaml."""

    ui_color = "#e8f4fd"
    alimenta = False
    """Steps after this one may get work from it."""

    def __init__(self, *, integracao: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.integracao = integracao

    def execute(self, context: Context) -> dict[str, Any]:
        """Counts of what was done (numbers and reasons, never a record's content)."""
        # Heavy imports wait for the run: every task start and every parse imports this file.
        from fusion_airflow.hooks.engines import engine_de
        from fusion_airflow.hooks.fusion import FusionHook
        from include.fusion.change.replay import Pedido
        from include.fusion.settings import obter
        from include.fusion.wiring import Montagem

        ti = context["ti"]
        prazo = self.execution_timeout or context["dag"].dagrun_timeout
        limite = prazo.total_seconds() if prazo else None
        integracao = obter(self.integracao)
        montagem = Montagem(
            integracao,
            lambda conn_id: engine_de(conn_id, aplicacao=f"{ti.dag_id}.{ti.task_id}", tempo_limite=limite),
            lambda conexoes: FusionHook(integracao.conexoes.fusion_api).cliente(conexoes),
        )
        try:
            pedido = Pedido.de_params(context["params"], montagem.sistema)
            return self.processar(context, montagem, pedido)
        finally:
            montagem.fechar()

    @abstractmethod
    def processar(self, context: Context, montagem: Montagem, pedido: Pedido) -> dict[str, Any]:
        """Do the step's work; an engine of ``montagem`` is opened when first used."""

    def tem_trabalho(self, montagem: Montagem) -> bool:
        """Whether something waits for this step; asked by the steps before it, so that it need not start to find out."""
        return True

    def tera_trabalho(self, montagem: Montagem, antes: Sequence[Any]) -> bool:
        """The same, given the steps right before it that will run."""
        return any(tarefa.alimenta for tarefa in antes) or self.tem_trabalho(montagem)

    def pular_sem_trabalho(self, context: Context, montagem: Montagem, contagens: dict[str, Any]) -> dict[str, Any]:
        """End this step and skip, by name, every later one for which nothing waits: a task costs a second, even to do nothing.

        A step is kept while one between here and there may still bring it work; a run that no watcher asked for looks everywhere.
        """
        dag = context["dag"]
        seguintes = [t for t in dag.topological_sort() if t.task_id in self.get_flat_relative_ids(upstream=False)]
        por_evento = context["dag_run"].run_type == "asset_triggered"
        ficam: set[str] = set()
        for tarefa in seguintes:
            antes = [dag.get_task(nome) for nome in tarefa.upstream_task_ids & ficam]
            if not isinstance(tarefa, OperadorIntegracao) or (tarefa.alimenta and not por_evento) or tarefa.tera_trabalho(montagem, antes):
                ficam.add(tarefa.task_id)
        if not ficam:
            montagem.assinar_plantao(False)
        if sem := [t.task_id for t in seguintes if t.task_id not in ficam]:
            context["ti"].xcom_push("return_value", contagens)
            raise DownstreamTasksSkipped(tasks=sem)
        return contagens

    @staticmethod
    def prefixo(context: Context) -> str:
        """Owner of rows across the tries of this task in this run."""
        ti = context["ti"]
        return f"{ti.dag_id}/{ti.run_id}/{ti.task_id}#"

    def dono(self, context: Context) -> str:
        """Owner of rows in this try; the bar keeps try 1 from being a prefix of try 10."""
        return f"{self.prefixo(context)}{context['ti'].try_number}|"

    @staticmethod
    def pular_se_desligado(habilitado: bool, nome: str) -> None:
        if not habilitado:
            raise AirflowSkipException(f"Processo {nome} desligado nas configurações (habilitado: false)")
