"""Numbers of a record's contents."""

import itertools

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from include.fusion.store.ledger import DELETION, NONE_CONFIRMED, Ledger, LedgerEntry, next_number

MILLISECONDS = st.integers(1_700_000_000_000, 2_100_000_000_000)


@given(st.lists(MILLISECONDS, min_size=2, max_size=50))
def test_numbers_grow_whatever_the_clock_does(times: list[int]) -> None:
    numbers = [0]
    for moment in times:
        numbers.append(next_number(numbers[-1], moment))
    assert all(a < b for a, b in itertools.pairwise(numbers))


@given(MILLISECONDS, st.integers(1, 50))
def test_a_database_that_forgot_its_last_numbers_gives_larger_ones_a_millisecond_later(moment: int, forgotten: int) -> None:
    known = next_number(0, moment)
    last = known
    for _ in range(forgotten):
        last = next_number(last, moment)
    assert next_number(known, moment + 1) > last


@given(MILLISECONDS)
def test_a_number_is_exact_in_any_json_reader(moment: int) -> None:
    assert next_number(0, moment) < 2**53


def test_what_may_have_arrived_without_an_answer_is_not_certainly_cancelled() -> None:
    assert all(LedgerEntry(None, 1, operation).cancelled for operation in (DELETION, NONE_CONFIRMED))
    assert not any(LedgerEntry(None, 1, operation, "content").cancelled for operation in (DELETION, NONE_CONFIRMED))


def test_content_that_comes_back_is_no_repetition_of_its_first_time() -> None:
    ledger = Ledger(create_engine("sqlite://"), 12)
    first, again, later = (ledger.idempotency_key("7", "content", number) for number in (1, 1, 2))
    assert first == again != later
