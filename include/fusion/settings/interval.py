"""Intervals as the old .NET services wrote them.

``[d.]HH:MM:SS[.fffffff]`` is a .NET TimeSpan, a span and no time of day: ``23:00:05`` is *every 23 hours, 0 minutes and 5 seconds*, not
"at 23:00". Hours go from 0 to 23, so a day is ``1.00:00:00``. A number without quotes is seconds; a number in quotes is refused,
because .NET reads the text ``"5"`` as five days.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

from include.fusion.settings.strict_yaml import shown

_TIMESPAN = re.compile(r"(?:(?P<d>[0-9]{1,4})\.)?(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2}):(?P<s>[0-9]{2})(?:\.(?P<f>[0-9]{1,7}))?")
_MAXIMUM = timedelta(days=3660)


def read_interval(value: Any) -> timedelta:
    """TimeSpan text or number of seconds as a ``timedelta``, zero included; ``ValueError`` says what is wrong."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not 0 <= value <= _MAXIMUM.total_seconds():
            raise ValueError(f"expected from 0 to {_MAXIMUM.total_seconds():.0f} seconds, found {shown(value)}")
        return timedelta(seconds=value)
    parts = _TIMESPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if parts is None:
        raise ValueError(f"expected an interval HH:MM:SS, d.HH:MM:SS or a number of seconds without quotes, found {shown(value)}")
    days, hours, minutes, seconds = (int(parts[name] or 0) for name in "dhms")
    if minutes > 59 or seconds > 59:
        raise ValueError(f"minutes and seconds go from 0 to 59, found {shown(value)}")
    if hours > 23:
        right = timespan_text(timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))
        raise ValueError(f"hours go from 0 to 23, found {shown(value)}: write {right} for {days * 24 + hours} hours")
    fraction = int((parts["f"] or "").ljust(7, "0")) // 10  # .NET counts ticks of 100 ns, Python microseconds
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=fraction)


def _positive(value: Any) -> timedelta:
    interval = read_interval(value)
    if not interval:
        raise ValueError(f"expected more than zero, found {shown(value)}")
    return interval


Duration = Annotated[timedelta, BeforeValidator(read_interval)]
"""A span; may be zero."""
Interval = Annotated[timedelta, BeforeValidator(_positive)]
"""A span longer than zero."""


def timespan_text(interval: timedelta) -> str:
    """The text that .NET writes: ``1.02:30:00``, ``00:00:00.5000000``."""
    minutes, seconds = divmod(interval.seconds, 60)
    text = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    days = f"{interval.days}." if interval.days else ""
    return f"{days}{text}" + (f".{interval.microseconds * 10:07}" if interval.microseconds else "")


def in_words(interval: timedelta) -> str:
    """In words, for data ops: ``23 h 0 min 5 s``, ``10 min``, ``0,5 s``."""
    seconds = f"{interval.seconds % 60 + interval.microseconds / 1_000_000:g}".replace(".", ",")
    parts = [(str(interval.days), "d"), (str(interval.seconds // 3600), "h"), (str(interval.seconds // 60 % 60), "min"), (seconds, "s")]
    present = [i for i, (number, _) in enumerate(parts) if number != "0"] or [3]
    return " ".join(f"{number} {unit}" for number, unit in parts[present[0] : present[-1] + 1])
