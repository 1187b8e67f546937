"""What the operators share: the run's form, its parts, and who owns the rows it reserves."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

if TYPE_CHECKING:
    from airflow.sdk import Context

    from fusion_airflow.montagem import Montagem
    from include.fusion.pedido import Pedido


class OperadorIntegracao(BaseOperator):
    """Runs one process of one integration; ``integracao`` is the entry's id in integracoes.yaml."""

    ui_color = "#e8f4fd"

    def __init__(self, *, integracao: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.integracao = integracao

    def execute(self, context: Context) -> dict[str, Any]:
        """Counts of what was done (numbers and reasons, never a record's content)."""
        # Heavy imports wait for the run: every task start and every parse imports this file.
        from fusion_airflow.conexoes import engine_de
        from fusion_airflow.montagem import Montagem
        from include.fusion.pedido import Pedido
        from include.fusion.settings import obter

        ti = context["ti"]
        montagem = Montagem(obter(self.integracao), lambda conn_id: engine_de(conn_id, aplicacao=f"{ti.dag_id}.{ti.task_id}"))
        try:
            pedido = Pedido.de_params(context["params"], montagem.sistema)
            return self.processar(context, montagem, pedido)
        finally:
            montagem.fechar()

    @abstractmethod
    def processar(self, context: Context, montagem: Montagem, pedido: Pedido) -> dict[str, Any]:
        """Do the step's work; an engine of ``montagem`` is opened when first used."""

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
