"""When Airflow tries a failed task again: an outage, yes; a wrong file, form or layout, no."""

# The exceptions' module is imported when a DAG file is parsed: it is a light one.
from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

RETENTATIVA = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception="include.fusion.errors.ConfiguracaoInvalida", action=RetryAction.FAIL, reason="configuração inválida"),
        RetryRule(exception="include.fusion.errors.PedidoInvalido", action=RetryAction.FAIL, reason="pedido inválido"),
    ]
)
