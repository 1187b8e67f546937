"""Progress of long work in one line: done, total, rate, remaining time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


class Progress:
    """Calls ``say(text, numbers)`` at most every ``interval`` seconds. Rate and remaining time count from the start of this run."""

    def __init__(self, total: int, say: Callable[[str, dict[str, Any]], None], *, done: int = 0, interval: float = 10.0) -> None:
        self.total = total
        self.initial = done
        self._say = say
        self._interval = interval
        self._started = time.monotonic()
        self._last = float("-inf")

    def at(self, done: int, *, at_once: bool = False) -> None:
        """Report that ``done`` records are done; ``at_once`` ignores the interval."""
        now = time.monotonic()
        if not at_once and now - self._last < self._interval:
            return
        self._last = now
        rate = (done - self.initial) / max(now - self._started, 1e-3)
        missing = (self.total - done) / rate if rate > 0 else None
        seconds = None if missing is None else round(missing)
        numbers = {"feitos": done, "total": self.total, "por_segundo": round(rate, 1), "faltam_s": seconds}
        percent = 100 * done / self.total if self.total else 100.0
        remaining = "" if missing is None else f", faltam {duration(missing)}"
        self._say(f"{done} de {self.total} ({percent:.1f} %), {rate:.0f}/s{remaining}", numbers)


def duration(seconds: float) -> str:
    """``3725`` → ``1 h 2 min``; less than a minute in seconds."""
    s = int(max(0.0, seconds))
    if s < 60:
        return f"{s} s"
    return f"{s // 3600} h {s % 3600 // 60} min" if s >= 3600 else f"{s // 60} min {s % 60} s"
