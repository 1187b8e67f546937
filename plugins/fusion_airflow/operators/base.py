"""What the operators share: their end, who owns the rows they reserve, the run's form and parts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, DownstreamTasksSkipped

from fusion_airflow.operators.on_kill import Encerravel

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.fusion.wiring.names import Montagem, Pedido

MOTIVOS_NO_XCOM = 10
"""Reasons of refusals that a task tells, the commonest first."""


class HubOperator(Encerravel, BaseOperator):
    """Common to the steps of integrations and of FHIR. Heavy imports wait for the run: every task start and every parse imports these files."""

    @staticmethod
    def prefixo(context: Context) -> str:
        """Owner of rows across the tries of this task in this run; a mapped one has its own."""
        ti = context["ti"]
        mapped = f"[{ti.map_index}]" if getattr(ti, "map_index", -1) >= 0 else ""
        return f"{ti.dag_id}/{ti.run_id}/{ti.task_id}{mapped}#"

    def dono(self, context: Context) -> str:
        """Owner of rows in this try; the bar keeps try 1 from being a prefix of try 10."""
        return f"{self.prefixo(context)}{context['ti'].try_number}|"

    def retomar(self, context: Context, *filas: Any) -> None:
        """An earlier try may have been killed, or on-call has cleared this task: take its rows back and give its errors another chance."""
        if context["ti"].try_number > 1:
            for fila in filas:
                fila.recuperar(self.prefixo(context))
                fila.reenviar_erros(prefixo_dono=self.prefixo(context))

    def sessao(self, context: Context) -> dict[str, Any]:
        """How this task opens a database: the name that it shows there, and the seconds that a statement may take."""
        limit = self.execution_timeout or context["dag"].dagrun_timeout
        return {
            "aplicacao": f"{context['ti'].dag_id}.{context['ti'].task_id}",
            "tempo_limite": limit.total_seconds() if limit else None,
        }

    def motivos(self, resultado: Any) -> dict[str, int]:
        """The commonest reasons of refusals, which the log shows, too."""
        motivos = dict(resultado.motivos.most_common(MOTIVOS_NO_XCOM))
        for motivo, quantos in motivos.items():
            self.log.warning("%d com erro: %s", quantos, motivo)
        return motivos


class OperadorIntegracao(HubOperator):
    """Runs one process of one integration; ``integracao`` is the entry's id in integracoes.yaml."""

    ui_color = "#e8f4fd"
    alimenta = False
    """Steps after this one may get work from it."""

    def __init__(self, *, integracao: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.integracao = integracao

    def execute(self, context: Context) -> dict[str, Any]:
        """Counts of what was done (numbers and reasons, never a record's content)."""
        from fusion_airflow.hooks.engines import engine_de
        from fusion_airflow.hooks.fusion import FusionHook
        from include.fusion.settings import obter
        from include.fusion.wiring.names import Montagem, Pedido

        sessao, integracao = self.sessao(context), obter(self.integracao)
        montagem = Montagem(
            integracao,
            lambda conn_id: engine_de(conn_id, **sessao),
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
    def pular_se_desligado(habilitado: bool, nome: str) -> None:
        if not habilitado:
            raise AirflowSkipException(f"Processo {nome} desligado nas configurações (habilitado: false)")


@contextmanager
def parcela_recusada() -> Iterator[None]:
    """Red when too large a share was refused: trying again by itself would only refuse the same records again."""
    from include.fusion.wiring.names import MuitosErros

    try:
        yield
    except MuitosErros as erro:
        raise AirflowFailException(str(erro)) from None
