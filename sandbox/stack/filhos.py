"""Find and end every process of a stack, grandchildren too, and never one of anybody else."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Mapping
from typing import Any

import psutil

WATERMARK = "FUSION_STACK"
"""Environment variable that every process of a stack inherits; its value is the state folder's own random mark."""
ProcessCard = dict[str, Any]
"""``{"pid": 123, "inicio": 1700000000.12}``: the start time tells a process from a later one with the same number."""


def card(pid: int) -> ProcessCard:
    return {"pid": pid, "inicio": psutil.Process(pid).create_time()}


def live(data: ProcessCard | None) -> bool:
    """Whether this very process still runs."""
    if not data:
        return False
    try:
        processo = psutil.Process(int(data["pid"]))
        return abs(processo.create_time() - float(data["inicio"])) < 1 and processo.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def belonging(cards: Iterable[ProcessCard], watermark: str, *, everything: bool = True) -> list[psutil.Process]:
    """Processes in the sessions that these leaders opened; with ``everything`` also any other that carries the mark.

    A task runner moves to a process group of its own, but keeps the session of its component. A session number is trusted while its
    leader is the recorded process, or when the member itself carries the mark. Airflow hides the environment of what runs tasks from all
    but root: of those the number must do, which the kernel gives to nobody else while one of them lives.
    """
    sessions = {int(f["pid"]): f for f in cards}
    alive = {number for number, f in sessions.items() if live(f)}
    found = []
    for processo in psutil.process_iter():
        if processo.pid == os.getpid():
            continue
        try:
            session = os.getsid(processo.pid)
            ours = session in alive or ((everything or session in sessions) and _is_marked(processo, watermark, sessions.get(session)))
            if ours and processo.status() != psutil.STATUS_ZOMBIE:
                found.append(processo)
        except (psutil.Error, OSError):
            continue
    return found


def _is_marked(processo: psutil.Process, watermark: str, leader: ProcessCard | None) -> bool:
    try:
        return processo.environ().get(WATERMARK) == watermark
    except psutil.AccessDenied:
        return leader is not None and processo.uids().real == os.getuid() and processo.create_time() >= float(leader["inicio"])


def signal_all(processos: Iterable[psutil.Process], sinal: int) -> None:
    for processo in processos:
        try:
            processo.send_signal(sinal)
        except psutil.Error:
            continue


def end_process(cards: Mapping[str, ProcessCard], watermark: str, *, wait: float = 10.0, everything: bool = True) -> int:
    """SIGTERM to the leaders, ``wait`` seconds to go by themselves, SIGKILL to whatever is left. Returns how many needed it."""
    leaders = {int(f["pid"]) for f in cards.values()}
    left_over = belonging(cards.values(), watermark, everything=everything)
    signal_all((p for p in left_over if p.pid in leaders), signal.SIGTERM)
    limit = time.monotonic() + wait
    while left_over and time.monotonic() < limit:
        time.sleep(0.1)
        left_over = belonging(cards.values(), watermark, everything=everything)
    dead_count = len(left_over)
    while left_over:
        # Again until none is left: a parent may have forked between the listing and its end.
        signal_all(left_over, signal.SIGKILL)
        psutil.wait_procs(left_over, timeout=5)
        left_over = belonging(cards.values(), watermark, everything=everything)
    return dead_count
