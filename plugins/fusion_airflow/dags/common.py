"""Common to all DAGs of integrations and FHIR."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Asset, AssetWatcher, Param

from fusion_airflow.retry import RETRY_POLICY
from fusion_airflow.triggers.base import WatchTrigger

START = datetime(2026, 1, 1)
RUN_TYPES = ("scheduled", "manual", "operator_triggered", "asset_triggered", "asset_materialization")
"""All but backfill: a run reads what is there now, so there is no past to fill."""


def hub_dag(dag_id: str, name: str, doc: str, *, form: dict[str, Param], timeout: timedelta, tags: Sequence[str],
            defaults: dict[str, Any], **options: Any) -> DAG:  # fmt: skip
    """A DAG with one run at a time and a time limit. ``defaults``: of every task. Task retries are for systems that are down; records have
    their own tries in the queue."""
    return DAG(
        dag_id,
        dag_display_name=name,
        start_date=START,
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timeout,
        default_args={"retry_policy": RETRY_POLICY, **defaults},
        params=form,
        tags=["integração", *tags],
        rerun_with_latest_version=True,
        allowed_run_types=RUN_TYPES,
        doc_md=doc,
        **options,
    )


def work(name: str, trigger: WatchTrigger) -> Asset:
    """The asset that wakes a DAG when ``trigger`` sees work."""
    return Asset(f"trabalho/{name}", group="fusion", watchers=[AssetWatcher(name=f"vigia_{name}", trigger=trigger)])
