"""Reads dates and times as sources write them. A wrong one raises ``InvalidRecord``."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from include.fusion.errors import InvalidRecord
from include.fusion.mapping.values import clean_text

_YEAR_MIN, _YEAR_MAX = 1850, 2200


_BRAZILIAN = re.compile(r"([0-3]?[0-9])/([01]?[0-9])/([0-9]{4})(?:[ T](.+))?")


def _interpret(value: str, field: str) -> datetime:
    try:
        if brazilian := _BRAZILIAN.fullmatch(value):
            day, month, year, hour = brazilian.groups()
            value = f"{year}-{int(month):02d}-{int(day):02d}" + (f"T{hour}" if hour else "")
        return datetime.fromisoformat(value)
    except ValueError:
        raise InvalidRecord(field, "data inválida") from None


def _plausible_year(value: date, field: str) -> None:
    # Check before any zone arithmetic: years 1 and 9999 overflow there.
    if not _YEAR_MIN <= value.year <= _YEAR_MAX:
        raise InvalidRecord(field, f"data fora do intervalo {_YEAR_MIN} a {_YEAR_MAX}")


def date_time(value: Any, zone: ZoneInfo, field: str) -> datetime | None:
    """An aware datetime. A value without zone is local time of ``zone``; a text is ISO or dd/mm/yyyy; a date means its midnight."""
    if value is None:
        return None
    if isinstance(value, str):
        if (clean := clean_text(value)) is None:
            return None
        value = _interpret(clean, field)
    elif not isinstance(value, datetime):
        if not isinstance(value, date):
            raise InvalidRecord(field, "data inválida")
        value = datetime(value.year, value.month, value.day)
    _plausible_year(value, field)
    return value.replace(tzinfo=zone) if value.tzinfo is None else value.astimezone(zone)


def to_date(value: Any, field: str) -> date | None:
    """A date. The time of a datetime is dropped without zone conversion (a birth date is no instant)."""
    if isinstance(value, str):
        if (clean := clean_text(value)) is None:
            return None
        value = _interpret(clean, field)
    if value is None:
        return None
    if not isinstance(value, date):
        raise InvalidRecord(field, "data inválida")
    _plausible_year(value, field)
    return value.date() if isinstance(value, datetime) else value


def date_and_time(day: Any, hour: Any, zone: ZoneInfo, field: str) -> datetime | None:
    """An aware datetime from a date column and a time column. Without a time, ``day`` alone counts (it may hold both).

    Some sources keep the time as a full timestamp: its date part means nothing and is not used.
    """
    if isinstance(hour, str):
        clean = clean_text(hour)
        try:
            hour = None if clean is None else time.fromisoformat(clean) if ":" in clean[:3] else _interpret(clean, field)
        except ValueError:
            raise InvalidRecord(field, "hora inválida") from None
    if hour is None or day is None:
        return date_time(day, zone, field)
    if not isinstance(hour, (datetime, time)):
        raise InvalidRecord(field, "hora inválida")
    clock = hour.time() if isinstance(hour, datetime) else hour
    day_only = to_date(day, field)
    return None if day_only is None else datetime.combine(day_only, clock.replace(tzinfo=None), zone)
