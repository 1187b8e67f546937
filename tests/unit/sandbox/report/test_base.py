"""The demo's figures, from rows to verdict."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from sandbox.report.base import Report, Row, latencies, percentile, repeated

T = datetime(2026, 1, 1, tzinfo=UTC)


def s(seconds: float) -> datetime:
    return T + timedelta(seconds=seconds)


def test_latency_counts_the_first_acceptance_after_the_commit() -> None:
    applied = [("a", "gravacao", "h1", s(0), s(2)), ("a", "gravacao", "h2", s(0), s(5)), ("a", "gravacao", "h3", s(9), s(10))]
    assert latencies([("a", "alteracao", s(2), s(3))], applied) == [2.0]


def test_a_version_whose_marker_shows_the_change_was_no_slower_than_the_commit() -> None:
    assert latencies([("a", "alteracao", s(2), s(3))], [("a", "gravacao", "h1", s(2.1), s(2.9))]) == [0.0]


def test_cancellation_counts_from_the_commit() -> None:
    applied = [("a", "gravacao", "h1", s(0), s(4)), ("a", "cancelamento", "", None, s(6))]
    assert latencies([("a", "exclusao", s(4.5), s(5))], applied) == [1.0]


def test_a_change_without_content_has_no_latency() -> None:
    assert latencies([("a", "alteracao", s(2), s(3))], [("a", "gravacao", "h1", s(0), s(1))]) == []


def test_same_content_twice_in_a_row_is_doubled() -> None:
    applied = [(c, "gravacao", h, None, None) for c, h in (("a", "1"), ("b", "1"), ("a", "1"), ("a", "2"), ("a", "1"))]
    assert repeated(applied) == ["a"]


def test_percentile_of_nothing_is_nothing() -> None:
    assert percentile([], 0.5) is None


def test_verdict_names_what_is_wrong() -> None:
    report = Report({"x": Row(missing=2), "y": Row()})
    assert report.verdict == "x: 2 missing"
    assert not report.ok


def test_report_has_exactly_the_promised_fields() -> None:
    data = json.loads(Report({"x": Row()}).json())
    assert data["verdict"] == "ok"
    assert list(data["integrations"]["x"]) == [
        "changed", "queued", "delivered", "refused", "pending", "missing", "doubled", "p50_s", "p95_s",
    ]  # fmt: skip
