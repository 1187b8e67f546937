"""What the FHIR DAGs have in common: form, retries, labels."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, AssetWatcher, Param

from fusion_airflow.dags.integration import INICIO
from fusion_airflow.retry import RETENTATIVA
from fusion_airflow.triggers.fhir import ObservacaoPendenteTrigger

ID: dict[str, Any] = {"type": ["null", "string"], "minLength": 1, "maxLength": 200}
TENANT = Param(None, title="Tenant", description="Id de um só tenant; vazio: todos os que têm o que fazer.", **ID)
FORMULARIO_PUSH = {
    "tenant": TENANT,
    "observacao": Param(None, title="Observação", description="Id de uma observação da plataforma, para enviá-la agora.", **ID),
    "paciente": Param(None, title="Paciente", description="Id de um paciente da plataforma, para sincronizar o seu cadastro.", **ID),
    "reenviar_erros": Param(False, type="boolean", title="Reenviar erros", description="Põe de novo na fila as observações em erro."),
}
FORMULARIO_PULL = {
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
}


NOME_DO_TENANT = "{{ task.nome }}"
"""``map_index_template`` of the mapped tasks: Airflow takes it from ``partial`` alone, not from what the operator's own constructor sets."""


def comum(doc_md: str, formulario: dict[str, Param], duracao: timedelta) -> dict[str, Any]:
    """Arguments of every FHIR DAG. The tasks' retries are for servers that are down; records have their own attempts."""
    return {
        "start_date": INICIO,
        "catchup": False,
        "max_active_runs": 1,
        "dagrun_timeout": duracao,
        "default_args": {
            "owner": "integracao",
            "pool": "default_pool",
            "retries": 1,
            "retry_delay": timedelta(seconds=60),
            "retry_policy": RETENTATIVA,
        },
        "params": formulario,
        "tags": ["integração", "fhir", "impacto:alto"],
        "rerun_with_latest_version": True,
        "doc_md": doc_md,
    }


def observacoes_pendentes() -> Asset:
    """The wake-up of the real-time push."""
    return Asset("trabalho/fhir", group="fusion", watchers=[AssetWatcher(name="vigia_fhir", trigger=ObservacaoPendenteTrigger())])
