"""Ownership of reserved rows by this process's own clock."""

import asyncio
import time

from include.fusion.delivery.hold import Hold


def sure(hold: Hold, row: int = 1) -> bool:
    return asyncio.run(hold.sure(row))


def test_a_fresh_lease_lets_a_request_leave() -> None:
    hold = Hold([1], time.monotonic(), 60)
    assert sure(hold) and not hold.lost


def test_a_lease_that_ran_out_while_the_process_was_stopped_lets_nothing_leave() -> None:
    hold = Hold([1], time.monotonic() - 61, 60)
    assert not sure(hold) and hold.lost


def test_what_a_renewal_did_not_renew_is_lost() -> None:
    hold = Hold([1, 2], time.monotonic(), 60)
    hold.renewed({2}, time.monotonic())
    assert (sure(hold, 1), sure(hold, 2)) == (False, True)


def test_in_the_second_half_of_a_lease_a_request_waits_for_the_renewal() -> None:
    hold = Hold([1], time.monotonic() - 40, 60)

    async def late_renewal() -> bool:
        waiting = asyncio.create_task(hold.sure(1))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        hold.renewed({1}, time.monotonic())
        return await waiting

    assert asyncio.run(late_renewal())
