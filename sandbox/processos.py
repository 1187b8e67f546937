"""Child processes that never outlive the process that started them."""

from __future__ import annotations

import ctypes
import os
import pwd
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
_RESERVED = range(15_000, 32_000)
"""Ports that neither Linux (from 32,768) nor macOS (from 49,152) gives to a connection by itself, above those of well-known servers."""


def free_port() -> int:
    """A TCP port on loopback that is free now, for a server that starts later.

    Of those below the system's own range: any client's connection may take one of that range in the meantime.
    """
    while True:
        port = secrets.randbelow(_RESERVED.stop - _RESERVED.start) + _RESERVED.start
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def unprivileged_user() -> pwd.struct_passwd | None:
    """Account to run a server that refuses root, or ``None`` when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("running as root needs an account 'postgres' or 'nobody' for the embedded PostgreSQL")


def _before_exec(sinal: int, account: pwd.struct_passwd | None) -> Callable[[], None]:
    """Runs in the child between fork and exec: drop privileges, then tie its life to its parent's (Linux only)."""
    father = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def prepare() -> None:
        if account is not None:
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
        if libc is not None:
            # After setuid, which clears it. The parent may be gone already: then this child must not live on.
            libc.prctl(PR_SET_PDEATHSIG, sinal)
            if os.getppid() != father:
                os._exit(1)

    return prepare


def start_run(
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    account: pwd.struct_passwd | None = None,
    orphan_signal: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, output appended to ``log``; it dies with the caller."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_before_exec(orphan_signal, account),
        )


def end_process(processo: subprocess.Popen[bytes], sinal: int = signal.SIGTERM, wait: float = 20.0) -> None:
    """Stop a process of ours: ``sinal``, then SIGKILL to its whole session after ``wait`` seconds."""
    if processo.poll() is None:
        processo.send_signal(sinal)
        try:
            processo.wait(wait)
        except subprocess.TimeoutExpired:
            pass
    try:
        os.killpg(processo.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    processo.wait()
