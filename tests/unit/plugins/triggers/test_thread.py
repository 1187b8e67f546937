"""A question that hangs is given up, and costs one thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from fusion_airflow.triggers.thread import NoAnswer, SourceThread


@pytest.fixture
def answer() -> Iterator[threading.Event]:
    """Until it is set, who waits for it hangs."""
    event = threading.Event()
    yield event
    event.set()


async def until_answered(source: SourceThread) -> int:
    while True:
        try:
            return await source.ask(lambda: 7, 5)
        except NoAnswer:
            await asyncio.sleep(0.02)


def test_answers_and_errors_come_back() -> None:
    source = SourceThread()
    assert asyncio.run(source.ask(lambda: 7, 5)) == 7
    with pytest.raises(ZeroDivisionError):
        asyncio.run(source.ask(lambda: 1 // 0, 5))


def test_a_question_that_hangs_is_given_up_and_nothing_starts_beside_it(answer: threading.Event) -> None:
    source, asked = SourceThread(), threading.active_count()
    for message in ("sem resposta em 0 s", "ainda não terminou", "ainda não terminou"):
        with pytest.raises(NoAnswer, match=message):
            asyncio.run(source.ask(answer.wait, 0.05))
    assert threading.active_count() == asked + 1


def test_when_it_ends_questions_are_asked_again(answer: threading.Event) -> None:
    source = SourceThread()
    with pytest.raises(NoAnswer):
        asyncio.run(source.ask(answer.wait, 0.05))
    answer.set()
    assert asyncio.run(until_answered(source)) == 7


def test_closing_waits_for_what_hangs_and_nobody_waits_for_it(answer: threading.Event) -> None:
    source, closed = SourceThread(), threading.Event()
    with pytest.raises(NoAnswer):
        asyncio.run(source.ask(answer.wait, 0.05))
    source.later(closed.set)
    assert not closed.is_set()
    answer.set()
    assert closed.wait(5)


def test_what_was_given_up_before_its_turn_is_never_asked(answer: threading.Event) -> None:
    source, asked = SourceThread(), list[str]()

    async def two() -> None:
        first = asyncio.create_task(source.ask(answer.wait, 5))
        await asyncio.sleep(0.05)
        with pytest.raises(NoAnswer):
            await source.ask(lambda: asked.append("segunda"), 0.05)
        answer.set()
        await first
        await until_answered(source)

    asyncio.run(two())
    assert asked == []
