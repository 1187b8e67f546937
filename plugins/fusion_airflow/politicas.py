"""When Airflow tries a failed task again: an outage, yes; a wrong file, form or layout, no."""

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

RETENTATIVA = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception="include.fusion.erros.ConfiguracaoInvalida", action=RetryAction.FAIL, reason="configuração inválida"),
        RetryRule(exception="include.fusion.pedido.PedidoInvalido", action=RetryAction.FAIL, reason="pedido inválido"),
    ]
)
