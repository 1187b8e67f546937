"""How long to wait before the next try: longer each time, and never shorter than the other side asks for."""

from __future__ import annotations

import random


def wait_before(tries: int, *, first: float, longest: float, factor: float = 2.0, jitter: float = 0.0, asked: float | None = None) -> float:
    """Seconds after ``tries`` further failures: ``first`` × ``factor`` ^ ``tries``, at most ``longest``.

    ``jitter``: share by which the wait is spread at random (0.2: 80 to 120 %), so that many do not come back at once. ``asked``: seconds of a
    Retry-After, which win where they are more.
    """
    try:
        grown = min(longest, first * factor**tries)
    except OverflowError:
        grown = longest
    return max(grown * random.uniform(1 - jitter, 1 + jitter), asked or 0.0)
