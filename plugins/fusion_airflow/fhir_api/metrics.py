"""Figures of each synchronisation as Airflow metrics (StatsD, OpenTelemetry): counters and times with the tenant as tag."""

from __future__ import annotations

from collections.abc import Mapping


def publicar(sentido: str, tenant: str, contagens: Mapping[str, int], segundos: float) -> None:
    """``fhir.<push|pull>.<count>`` for every count that is not zero, and ``fhir.<push|pull>.duration`` in milliseconds."""
    from airflow.sdk.observability.stats import Stats

    tags = {"tenant": tenant}
    for nome, quantos in contagens.items():
        if quantos:
            Stats.incr(f"fhir.{sentido}.{nome}", quantos, tags=tags)
    Stats.timing(f"fhir.{sentido}.duration", segundos * 1000, tags=tags)
