"""How many records may be in memory at once: heavy ones must not meet by the hundred."""

from __future__ import annotations

from collections.abc import Iterable

FIRST = 25
"""Records of a run's first batch: nothing is known of their weight yet."""
_FORGET = 4


class Scale:
    """Counts bytes of packaged records. A record in work takes about four times as much memory, and two batches are in work."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._heaviest = bytes_max / FIRST

    @property
    def fits(self) -> int:
        """Records for the next batch, if none is heavier than the heaviest of late."""
        return max(1, int(self._bytes_max / self._heaviest))

    def weighed(self, weights: Iterable[int]) -> None:
        """Bytes of each record of a batch. What was heavy before is forgotten in a few batches."""
        self._heaviest = max((self._heaviest / _FORGET, 1.0, *weights))
