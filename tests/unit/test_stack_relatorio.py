"""The demo's figures, from rows to verdict."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from sandbox.report.base import Linha, Relatorio, latencias, percentil, repetidas

T = datetime(2026, 1, 1, tzinfo=UTC)


def s(segundos: float) -> datetime:
    return T + timedelta(seconds=segundos)


def test_latency_counts_the_first_acceptance_after_the_commit() -> None:
    aplicacoes = [("a", "gravacao", "h1", s(0), s(2)), ("a", "gravacao", "h2", s(0), s(5)), ("a", "gravacao", "h3", s(9), s(10))]
    assert latencias([("a", "alteracao", s(2), s(3))], aplicacoes) == [2.0]


def test_a_version_whose_marker_shows_the_change_was_no_slower_than_the_commit() -> None:
    assert latencias([("a", "alteracao", s(2), s(3))], [("a", "gravacao", "h1", s(2.1), s(2.9))]) == [0.0]


def test_cancellation_counts_from_the_commit() -> None:
    aplicacoes = [("a", "gravacao", "h1", s(0), s(4)), ("a", "cancelamento", "", None, s(6))]
    assert latencias([("a", "exclusao", s(4.5), s(5))], aplicacoes) == [1.0]


def test_a_change_without_content_has_no_latency() -> None:
    assert latencias([("a", "alteracao", s(2), s(3))], [("a", "gravacao", "h1", s(0), s(1))]) == []


def test_same_content_twice_in_a_row_is_doubled() -> None:
    aplicacoes = [(c, "gravacao", h, None, None) for c, h in (("a", "1"), ("b", "1"), ("a", "1"), ("a", "2"), ("a", "1"))]
    assert repetidas(aplicacoes) == ["a"]


def test_percentile_of_nothing_is_nothing() -> None:
    assert percentil([], 0.5) is None


def test_verdict_names_what_is_wrong() -> None:
    relatorio = Relatorio({"x": Linha(missing=2), "y": Linha()})
    assert relatorio.verdict == "x: 2 missing"
    assert not relatorio.ok


def test_report_has_exactly_the_promised_fields() -> None:
    dados = json.loads(Relatorio({"x": Linha()}).json())
    assert dados["verdict"] == "ok"
    assert list(dados["integrations"]["x"]) == [
        "changed", "queued", "delivered", "refused", "pending", "missing", "doubled", "p50_s", "p95_s",
    ]  # fmt: skip
