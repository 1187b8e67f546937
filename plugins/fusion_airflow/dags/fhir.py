"""Forms and steps of the FHIR DAGs. DAG files get them from ``include.fusion.wiring``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param

from fusion_airflow.dags.common import hub_dag, work
from fusion_airflow.operators.fhir import FhirPullOperator, FhirPushOperator, FhirRealtimeOperator, TenantsFhirOperator
from fusion_airflow.triggers.fhir import ObservacaoPendenteTrigger

ID: dict[str, Any] = {"type": ["null", "string"], "minLength": 1, "maxLength": 200, "pattern": r"^\s*\S+\s*$"}
TENANT = Param(None, title="Tenant", description="Id de um só tenant; vazio: todos os que têm o que fazer.", **ID)
FORMS: dict[str, dict[str, Param]] = {
    "": {},
    "push": {
        "tenant": TENANT,
        "observacao": Param(None, title="Observação", description="Id de uma observação da plataforma, para enviá-la agora.", **ID),
        "paciente": Param(None, title="Paciente", description="Id de um paciente da plataforma, para sincronizar o seu cadastro.", **ID),
        "reenviar_erros": Param(False, type="boolean", title="Reenviar erros", description="Põe de novo na fila as observações em erro."),
    },
    "pull": {
        "tenant": TENANT,
        "paciente": Param(None, title="Paciente", description="Id de um paciente da plataforma: só as observações dele.", **ID),
        "recusadas": Param(
            None,
            type=["null", "string"],
            enum=[None, "todas", "pedidas"],
            values_display={"todas": "todas", "pedidas": "só as já postas na fila"},
            title="Só as recusadas",
            description="Busca de novo o que foi recusado, e nada mais; vazio: a busca normal.",
        ),
    },
}


def fhir_dag(
    dag_id: str, doc: str, *, name: str, description: str, timeout: timedelta, form: str = "", schedule: str | None = None
) -> tuple[DAG, type[FhirSteps]]:
    """``schedule`` ``None``: when an observation of a ``realtime`` tenant waits."""
    dag = hub_dag(
        dag_id,
        name,
        doc,
        form=FORMS[form],
        timeout=timeout,
        tags=("fhir", "impacto:alto"),
        defaults={"owner": "integracao", "pool": "default_pool", "retries": 1, "retry_delay": timedelta(seconds=60)},
        description=description,
        schedule=schedule or [work("fhir", ObservacaoPendenteTrigger())],
    )
    return dag, FhirSteps


class FhirSteps:
    """Makes the tasks of a FHIR DAG."""

    @staticmethod
    def tenants(direction: str) -> Any:
        """Lists the tenants with work; ``direction``: push or pull."""
        return TenantsFhirOperator(direcao=direction, task_id="tenants", task_display_name="Tenants")

    @staticmethod
    def push(tenants: Any) -> Any:
        """One task per tenant sends."""
        return _mapped(FhirPushOperator, "enviar", "Enviar", tenants)

    @staticmethod
    def pull(tenants: Any) -> Any:
        """One task per tenant fetches."""
        return _mapped(FhirPullOperator, "buscar", "Buscar", tenants)

    @staticmethod
    def push_at_once() -> Any:
        """One task serves all tenants in real time."""
        return FhirRealtimeOperator(task_id="enviar", task_display_name="Enviar em tempo real")


def _mapped(kind: Any, name: str, label: str, tenants: Any) -> Any:
    # Airflow reads map_index_template only from ``partial``, not from the operator's constructor.
    return kind.partial(task_id=name, task_display_name=label, map_index_template="{{ task.nome }}").expand_kwargs(tenants.output)
