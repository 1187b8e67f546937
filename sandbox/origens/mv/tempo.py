"""MV writes a moment into two DATE columns: the day into ``DT_`` and the time into ``HR_``, whose own date means nothing."""

from __future__ import annotations

from datetime import datetime

_DIAS_FALSOS = ((1900, 1, 1), (1900, 1, 1), (1899, 12, 30), (2001, 5, 17))


def dia(momento: datetime) -> datetime:
    return momento.replace(hour=0, minute=0, second=0, microsecond=0)


def hora(momento: datetime) -> datetime:
    """The time on some day that says nothing: which one depends on the screen that wrote it."""
    ano, mes, d = _DIAS_FALSOS[momento.minute % 4]
    return momento.replace(year=ano, month=mes, day=d, microsecond=0)


def duracao(minutos: int) -> datetime:
    """``VL_TEMPO_CIRURGIA``: a DATE whose time of day is a length of time."""
    return datetime(1900, 1, 1, minutos // 60, minutos % 60)
