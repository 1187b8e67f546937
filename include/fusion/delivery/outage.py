"""Whose fault a failure is, the record's or Fusion's: judged by what gets through, since a health page may answer while nothing else does."""

from __future__ import annotations

import time
from collections import deque

OUTAGE = "indisponibilidade"
"""How the reason of a row in ``erro`` begins when nothing else got through meanwhile: it is sent again once something does."""
MANY = 10
"""So many records without an answer, and hardly one with, are no coincidence."""
LITTLE = 0.2
"""Below this share of answers, little gets through."""
FORBIDDEN_MAX = 3
"""Tries of a record that alone is forbidden (403): more of them change nothing."""

_LATELY = 60.0
_KEPT = 500


class Traffic:
    """What became of the latest records of this task: answered by Fusion (also by a refusal) or not."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int, bool]] = deque(maxlen=_KEPT)

    def note(self, row: int, answered: bool) -> None:
        self._seen.append((time.monotonic(), row, answered))

    def tally(self) -> tuple[int, int]:
        """(answered, not answered) of the last minute; each row counts once, as it last ended."""
        since = time.monotonic() - _LATELY
        last = {row: answered for at, row, answered in self._seen if at >= since}
        answered = sum(last.values())
        return answered, len(last) - answered
