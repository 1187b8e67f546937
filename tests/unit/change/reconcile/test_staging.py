"""What counts as a difference, kind by kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from include.fusion.change.reconcile.staging import BY_CONTENT, Staging
from include.fusion.http.fusion import FusionKey
from include.fusion.store.ledger import UNKNOWN, LedgerEntry

SENT, CANCELLED = LedgerEntry("v1", 1, "envio"), LedgerEntry(None, 2, "exclusao")
IN_DOUBT = LedgerEntry("v1", 1, "envio", UNKNOWN)


@pytest.fixture
def staging() -> Iterator[Staging]:
    made = Staging()
    yield made
    made.close()


def kinds(s: Staging) -> dict[str, str]:
    s.compare()
    return {d.chave: d.tipo for d in s.differences()}


def test_what_agrees_is_no_difference(staging: Staging) -> None:
    staging.add_source([("1", "p", True, True), ("2", "p", False, True)])
    staging.add_ledger([("1", SENT), ("2", CANCELLED)])
    staging.add_fusion([FusionKey("1", "v1", False), FusionKey("2", "x", True)])
    assert kinds(staging) == {}


def test_twice_alive_in_fusion_is_doubled(staging: Staging) -> None:
    staging.add_source([("1", "p", True, True)])
    staging.add_ledger([("1", SENT)])
    staging.add_fusion([FusionKey("1", "v1", False), FusionKey("1", "v1", False)])
    assert kinds(staging) == {"1": "duplicado"}


@pytest.mark.parametrize("entry", [None, CANCELLED, IN_DOUBT, LedgerEntry("v0", 1, "envio")])
def test_a_ledger_that_says_something_else_than_fusion_makes_a_record_stale(staging: Staging, entry: LedgerEntry | None) -> None:
    staging.add_source([("1", "p", True, True)])
    staging.add_ledger([] if entry is None else [("1", entry)])
    staging.add_fusion([FusionKey("1", "v1", False)])
    assert kinds(staging) == {"1": "defasado"}


def test_what_only_the_source_has_is_missing_where_it_is_expected(staging: Staging) -> None:
    staging.add_source([("1", "p", True, True), ("2", "p", True, False), ("3", "p", True, True), ("4", "p", True, False)])
    staging.add_elsewhere(["3"])
    staging.add_ledger([("4", CANCELLED)])
    assert kinds(staging) == {"1": "ausente", "4": "ausente"}


def test_what_only_ledger_or_fusion_have_is_a_ghost(staging: Staging) -> None:
    staging.add_ledger([("1", SENT), ("2", CANCELLED)])
    staging.add_fusion([FusionKey("3", "v1", False), FusionKey("4", "v1", True)])
    assert kinds(staging) == {"1": "fantasma", "3": "fantasma"}


def test_without_a_list_the_ledger_speaks_for_fusion(staging: Staging) -> None:
    staging.has_list = False
    staging.add_source([("1", "p", True, True), ("2", "p", True, True), ("3", "p", True, True)])
    staging.add_ledger([("1", SENT), ("2", CANCELLED), ("4", SENT)])
    assert kinds(staging) == {"2": "ausente", "3": "ausente", "4": "fantasma"}


def test_only_what_differs_in_both_looks_counts(staging: Staging) -> None:
    staging.add_ledger([("1", SENT), ("2", SENT)])
    assert kinds(staging) == {"1": "fantasma", "2": "fantasma"}
    staging.differs([("9", "defasado")])
    staging.take_differences()
    staging.forget("livro", "fusion", "origem")
    staging.add_ledger([("1", SENT), ("3", SENT)])
    staging.compare()
    staging.keep_seen_twice()
    assert [(d.chave, d.visto) for d in staging.differences()] == [("1", 0), ("9", BY_CONTENT)]


def test_each_record_is_read_in_one_of_the_nights(staging: Staging) -> None:
    keys = [str(n) for n in range(300)]
    staging.add_source([(key, "p", True, True) for key in keys])
    staging.add_ledger([(key, SENT) for key in keys])
    read = [key for turn in range(3) for part in staging.agreed(20, 3, turn) for key, _ in part]
    assert sorted(read) == sorted(keys)
