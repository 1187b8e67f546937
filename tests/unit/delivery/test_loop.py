"""Order of the loop's steps. The work here only takes notes; real queues and receivers are in tests/integration."""

from __future__ import annotations

import asyncio
import time
from contextlib import nullcontext
from typing import Any

import pytest

from include.fusion.delivery.hold import Hold
from include.fusion.delivery.loop import Delivery
from include.fusion.delivery.result import DeliveryResult, TooManyErrors
from include.fusion.delivery.work import DeliveryParameters, Work


class One(list[int]):
    """A batch of one record whose lease never ends."""

    hold = Hold([], 0.0, 0.0)


class Notes(Work[One, DeliveryResult]):
    """So many batches of one record; ``lento``: seconds of each step by its name."""

    def __init__(self, batches: int, limits: dict[str, Any] | None = None, **lento: float) -> None:
        super().__init__([], "eu", DeliveryParameters(permanencia=0, **(limits or {})), nullcontext(), DeliveryResult())
        self.remaining_ones = batches
        self.lento = lento
        self.ditos: list[str] = []
        self.cai_no = -1

    def _say(self, step: str, n: int) -> float:
        self.ditos.append(f"{step} {n}")
        return self.lento.get(step, 0.0)

    def prepare(self, count: int) -> One | None:
        if not self.remaining_ones:
            return None
        self.remaining_ones -= 1
        n = sum(d.startswith("le ") for d in self.ditos)
        time.sleep(self._say("le", n))
        self.ditos.append(f"leu {n}")
        return One([n])

    async def send(self, batch: One) -> None:
        await asyncio.sleep(self._say("envia", batch[0]))
        self.ditos.append(f"enviou {batch[0]}")
        if batch[0] == self.cai_no:
            self.down = ConnectionError("fora")

    def write(self, batch: One) -> None:
        time.sleep(self._say("grava", batch[0]))
        self.result.erros += 1
        self.result.motivos["x"] += 1

    def renew(self) -> None:
        self.ditos.append("renova")

    def release(self) -> None:
        self.ditos.append("devolve")


def run_task(batches: Notes, **options: Any) -> list[str]:
    asyncio.run(Delivery(batches, **options).drain())
    return batches.ditos


def before(ditos: list[str], one: str, other: str) -> bool:
    return ditos.index(one) < ditos.index(other)


def test_the_first_batch_goes_alone_and_then_one_is_read_while_another_travels() -> None:
    ditos = run_task(Notes(3, {"minimo_para_parcela": 99}, envia=0.1))
    assert before(ditos, "grava 0", "le 1") and before(ditos, "le 2", "enviou 1")


def test_with_one_lane_batches_are_done_in_order() -> None:
    ditos = run_task(Notes(3, {"lanes": 1, "minimo_para_parcela": 99}, envia=0.02))
    assert [d for d in ditos if d.startswith(("le ", "envia", "grava"))] == [f"{p} {n}" for n in range(3) for p in ("le", "envia", "grava")]


def test_a_receiver_that_is_down_ends_it_after_the_outcomes_and_gives_the_rest_back() -> None:
    batches = Notes(9)
    batches.cai_no = 0
    with pytest.raises(ConnectionError):
        run_task(batches)
    assert batches.ditos[-2:] == ["grava 0", "devolve"] and batches.remaining_ones == 8


def test_what_a_thread_was_still_reserving_when_the_loop_was_cancelled_is_given_back_after_it() -> None:
    batches = Notes(1, le=0.3)

    async def cortar() -> None:
        task = asyncio.create_task(Delivery(batches).drain())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cortar())
    assert before(batches.ditos, "leu 0", "devolve")


def test_the_lease_of_what_takes_long_is_renewed() -> None:
    assert "renova" in run_task(Notes(1, {"prazo_reserva": 0.0, "minimo_para_parcela": 99}, grava=0.2))


def test_the_lease_of_what_makes_no_progress_is_left_to_end() -> None:
    assert "renova" not in run_task(Notes(1, {"prazo_reserva": 0.0, "stall_min": 0.0, "minimo_para_parcela": 99}, grava=0.2))


def test_a_request_that_leaves_is_progress() -> None:
    batches, hold = Notes(1, {"prazo_reserva": 0.0, "stall_min": 0.0}), Hold([1], time.monotonic(), 60)
    delivery = Delivery(batches)
    batches._holds.append((None, hold))  # type: ignore[arg-type]
    asyncio.run(hold.sure(1))
    assert batches.moved_at == hold.moved_at > delivery._moved_at


def test_stop_is_asked_before_each_batch_and_too_many_refusals_end_it_at_once() -> None:
    batches = Notes(9, {"lanes": 1, "minimo_para_parcela": 99})
    run_task(batches, stop=lambda: batches.result.erros >= 2)
    assert batches.remaining_ones == 7
    batches = Notes(9, {"lanes": 1, "minimo_para_parcela": 2, "stop_at_share": True})
    with pytest.raises(TooManyErrors, match="2 de 2 registros recusados"):
        run_task(batches)
    assert batches.remaining_ones == 7


def test_a_pause_holds_the_next_batch_back_and_no_failure_waits_for_its_end() -> None:
    batches = Notes(9, {"minimo_para_parcela": 99}, envia=0.05)
    batches.cai_no = 1
    with pytest.raises(ConnectionError):
        run_task(batches, paused=lambda: sum(d.startswith("leu") for d in batches.ditos) > 1)
    assert batches.remaining_ones == 7
