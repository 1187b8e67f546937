"""Figures as Airflow metrics."""

from __future__ import annotations

from typing import Any

import pytest

from fusion_airflow.fhir.metricas import publicar


def test_counts_that_are_not_zero_and_the_time_carry_the_tenant(monkeypatch: pytest.MonkeyPatch) -> None:
    ditos: list[Any] = []

    class Falso:
        incr = staticmethod(lambda nome, quantos, tags: ditos.append((nome, quantos, tags)))
        timing = staticmethod(lambda nome, ms, tags: ditos.append((nome, ms, tags)))

    monkeypatch.setattr("airflow.sdk.observability.stats.Stats", Falso)
    publicar("push", "t1", {"enviados": 3, "falhas": 0}, 1.5)
    assert ditos == [("fhir.push.enviados", 3, {"tenant": "t1"}), ("fhir.push.duration", 1500.0, {"tenant": "t1"})]
