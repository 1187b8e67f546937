"""Watchers: what wakes the DAGs up."""

# Airflow's database holds this path of watchers that an earlier version started.
from fusion_airflow.triggers.work import TrabalhoPendenteTrigger

__all__ = ["TrabalhoPendenteTrigger"]
