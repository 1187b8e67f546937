"""Airflow tries again after an outage, not after a wrong settings file or form."""

# Every parse of a DAG file imports the exceptions' module: keep it light.
from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception="include.fusion.errors.InvalidConfiguration", action=RetryAction.FAIL, reason="configuração inválida"),
        RetryRule(exception="include.fusion.errors.InvalidRequest", action=RetryAction.FAIL, reason="pedido inválido"),
    ]
)
