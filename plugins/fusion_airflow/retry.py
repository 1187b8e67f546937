"""When Airflow tries a failed task again: an outage, yes; a wrong file, form or layout, no."""

# The exceptions' module is imported when a DAG file is parsed: it is a light one.
from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception="include.fusion.errors.InvalidConfiguration", action=RetryAction.FAIL, reason="configuração inválida"),
        RetryRule(exception="include.fusion.errors.InvalidRequest", action=RetryAction.FAIL, reason="pedido inválido"),
    ]
)
