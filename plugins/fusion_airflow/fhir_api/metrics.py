"""Airflow metrics (StatsD, OpenTelemetry) of each synchronisation, with the tenant as tag."""

from __future__ import annotations

from collections.abc import Mapping


def publish(direction: str, tenant: str, counts: Mapping[str, int], seconds: float) -> None:
    """``fhir.<push|pull>.<count>`` for every count that is not zero, and ``fhir.<push|pull>.duration`` in milliseconds."""
    from airflow.sdk.observability.stats import Stats

    tags = {"tenant": tenant}
    for name, count in counts.items():
        if count:
            Stats.incr(f"fhir.{direction}.{name}", count, tags=tags)
    Stats.timing(f"fhir.{direction}.duration", seconds * 1000, tags=tags)
