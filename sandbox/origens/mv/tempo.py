"""MV writes a moment into two DATE columns: the day into ``DT_`` and the time into ``HR_``, whose own date means nothing."""

from __future__ import annotations

from datetime import datetime

_FALSE_DAYS = ((1900, 1, 1), (1900, 1, 1), (1899, 12, 30), (2001, 5, 17))


def day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def hour(moment: datetime) -> datetime:
    """The time on some day that says nothing: which one depends on the screen that wrote it."""
    year, month, d = _FALSE_DAYS[moment.minute % 4]
    return moment.replace(year=year, month=month, day=d, microsecond=0)


def duration(minutes: int) -> datetime:
    """``VL_TEMPO_CIRURGIA``: a DATE whose time of day is a length of time."""
    return datetime(1900, 1, 1, minutes // 60, minutes % 60)
