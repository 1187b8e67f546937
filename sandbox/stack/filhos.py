"""Find and end every process of a stack, grandchildren too, and never one of anybody else."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Mapping
from typing import Any

import psutil

MARCA = "FUSION_STACK"
"""Environment variable that every process of a stack inherits; its value is the state folder's own random mark."""
Ficha = dict[str, Any]
"""``{"pid": 123, "inicio": 1700000000.12}``: the start time tells a process from a later one with the same number."""


def ficha(pid: int) -> Ficha:
    return {"pid": pid, "inicio": psutil.Process(pid).create_time()}


def vivo(dados: Ficha | None) -> bool:
    """Whether this very process still runs."""
    if not dados:
        return False
    try:
        processo = psutil.Process(int(dados["pid"]))
        return abs(processo.create_time() - float(dados["inicio"])) < 1 and processo.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def pertencentes(fichas: Iterable[Ficha], marca: str, *, todos: bool = True) -> list[psutil.Process]:
    """Processes in the sessions that these leaders opened; with ``todos`` also any other that carries the mark.

    A task runner moves to a process group of its own, but keeps the session of its component. A session number is trusted while its
    leader is the recorded process, or when the member itself carries the mark. Airflow hides the environment of what runs tasks from all
    but root: of those the number must do, which the kernel gives to nobody else while one of them lives.
    """
    sessoes = {int(f["pid"]): f for f in fichas}
    vivas = {numero for numero, f in sessoes.items() if vivo(f)}
    achados = []
    for processo in psutil.process_iter():
        if processo.pid == os.getpid():
            continue
        try:
            sessao = os.getsid(processo.pid)
            nosso = sessao in vivas or ((todos or sessao in sessoes) and _marcado(processo, marca, sessoes.get(sessao)))
            if nosso and processo.status() != psutil.STATUS_ZOMBIE:
                achados.append(processo)
        except (psutil.Error, OSError):
            continue
    return achados


def _marcado(processo: psutil.Process, marca: str, lider: Ficha | None) -> bool:
    try:
        return processo.environ().get(MARCA) == marca
    except psutil.AccessDenied:
        return lider is not None and processo.uids().real == os.getuid() and processo.create_time() >= float(lider["inicio"])


def sinalizar(processos: Iterable[psutil.Process], sinal: int) -> None:
    for processo in processos:
        try:
            processo.send_signal(sinal)
        except psutil.Error:
            continue


def encerrar(fichas: Mapping[str, Ficha], marca: str, *, espera: float = 10.0, todos: bool = True) -> int:
    """SIGTERM to the leaders, ``espera`` seconds to go by themselves, SIGKILL to whatever is left. Returns how many needed it."""
    lideres = {int(f["pid"]) for f in fichas.values()}
    sobra = pertencentes(fichas.values(), marca, todos=todos)
    sinalizar((p for p in sobra if p.pid in lideres), signal.SIGTERM)
    limite = time.monotonic() + espera
    while sobra and time.monotonic() < limite:
        time.sleep(0.1)
        sobra = pertencentes(fichas.values(), marca, todos=todos)
    mortos = len(sobra)
    while sobra:
        # Again until none is left: a parent may have forked between the listing and its end.
        sinalizar(sobra, signal.SIGKILL)
        psutil.wait_procs(sobra, timeout=5)
        sobra = pertencentes(fichas.values(), marca, todos=todos)
    return mortos
