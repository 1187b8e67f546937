"""Child processes that never outlive the process that started them."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1


def porta_livre() -> int:
    """A TCP port on loopback that was free a moment ago."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def usuario_sem_privilegio() -> pwd.struct_passwd | None:
    """Account to run a server that refuses root, or ``None`` when we are not root."""
    if os.geteuid() != 0:
        return None
    for nome in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(nome)
        except KeyError:
            continue
    raise RuntimeError("running as root needs an account 'postgres' or 'nobody' for the embedded PostgreSQL")


def _antes_de_executar(sinal: int, conta: pwd.struct_passwd | None) -> Callable[[], None]:
    """Runs in the child between fork and exec: drop privileges, then tie its life to its parent's (Linux only)."""
    pai = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def preparar() -> None:
        if conta is not None:
            os.setgroups([])
            os.setgid(conta.pw_gid)
            os.setuid(conta.pw_uid)
        if libc is not None:
            # After setuid, which clears it. The parent may be gone already: then this child must not live on.
            libc.prctl(PR_SET_PDEATHSIG, sinal)
            if os.getppid() != pai:
                os._exit(1)

    return preparar


def iniciar(
    comando: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    conta: pwd.struct_passwd | None = None,
    sinal_de_orfao: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, output appended to ``log``; it dies with the caller."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as saida:
        return subprocess.Popen(
            list(comando),
            stdin=subprocess.DEVNULL,
            stdout=saida,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_antes_de_executar(sinal_de_orfao, conta),
        )


def encerrar(processo: subprocess.Popen[bytes], sinal: int = signal.SIGTERM, espera: float = 20.0) -> None:
    """Stop a process of ours: ``sinal``, then SIGKILL to its whole session after ``espera`` seconds."""
    if processo.poll() is None:
        processo.send_signal(sinal)
        try:
            processo.wait(espera)
        except subprocess.TimeoutExpired:
            pass
    try:
        os.killpg(processo.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    processo.wait()
