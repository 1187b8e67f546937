"""A sandbox Fusion as a child process: what the stack, the tests and the benchmarks start."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sandbox.fusion.__main__ import ask_faults
from sandbox.processos import end_process, start_run

_ROOT = Path(__file__).resolve().parents[2]


def _is_free(port: int) -> bool:
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class FusionServer:
    """One server on the database ``dsn``; log, port and token live in ``folder`` (``fusion.log``, ``fusion.json``).

    Options (all by keyword, all optional): ``port`` · ``token`` · ``token_admin`` (differs from ``token``: /_sandbox needs it) ·
    ``user``/``password`` (basic) · ``client``/``secret`` (OAuth2) · ``token_validity`` s · ``auth_kinds`` · ``layouts`` ·
    ``integracoes`` · ``failures`` (dict). Password and OAuth2 secret are the token unless given. Address and token stay the same
    when the object, or another one on the same folder, starts again.
    """

    def __init__(
        self, dsn: str, folder: Path, *, port: int = 0, token: str = "", failures: Mapping[str, Any] | None = None, **options: Any
    ) -> None:
        self.folder = Path(folder)
        self._fixa = bool(port)
        stored = json.loads(self._state.read_text()) if self._state.exists() else {}
        self.port = port or int(stored.get("porta", 0))
        self.token = token or stored.get("token") or secrets.token_urlsafe(24)
        self.token_admin = str(options.get("token_admin", self.token))
        self.password = str(options.get("password", self.token))
        self.secret = str(options.get("secret", self.token))
        self._processo: subprocess.Popen[bytes] | None = None
        values = {**options, "dsn": dsn, "token": self.token, "failures": json.dumps(dict(failures or {}))}
        self._environment = {f"FUSION_{name.upper()}": self._text(value) for name, value in values.items()}

    @staticmethod
    def _text(value: Any) -> str:
        return ",".join(map(str, value)) if isinstance(value, Iterable) and not isinstance(value, str) else str(value)

    @property
    def _state(self) -> Path:
        return self.folder / "fusion.json"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._processo.pid if self._processo is not None and self._processo.poll() is None else None

    def start_run(self, wait: float = 30.0) -> FusionServer:
        """Start and wait until it answers; harmless when it runs already.

        :raises RuntimeError: when it does not answer within ``wait`` seconds; the message names the log.
        """
        if self.pid is not None:
            return self
        if self.port and not self._fixa and self._processo is None and not _is_free(self.port):
            # The port an earlier, dead run had: somebody else owns it now.
            self.port = 0
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "fusion.porta"
        file.unlink(missing_ok=True)
        self._processo = start_run(
            [sys.executable, "-m", "sandbox.fusion", "serve", "--porta", str(self.port), "--porta-arquivo", str(file)],
            log=self.folder / "fusion.log",
            env={**{k: v for k, v in os.environ.items() if not k.startswith("FUSION_")}, **self._environment, "PYTHONPATH": str(_ROOT)},
            cwd=_ROOT,
        )
        limit = time.monotonic() + wait
        while not (file.exists() and self._responds(int(file.read_text()))):
            if self._processo.poll() is not None or time.monotonic() > limit:
                self.stop(signal.SIGKILL)
                raise RuntimeError(f"the sandbox Fusion did not start; see {self.folder / 'fusion.log'}")
            time.sleep(0.05)
        self.port = int(file.read_text())
        self._state.touch(mode=0o600)
        self._state.write_text(json.dumps({"porta": self.port, "token": self.token}))
        return self

    @staticmethod
    def _responds(port: int) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/saude", timeout=2) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def stop(self, sinal: int = signal.SIGTERM) -> None:
        """SIGTERM finishes the requests under way; SIGKILL does not. Harmless when it does not run."""
        if self._processo is not None:
            end_process(self._processo, sinal)

    def falhas(self, **failures: Any) -> dict[str, Any]:
        """Replace the injected faults (fields of :class:`sandbox.fusion.falhas.Faults`); without any, only show them.

        The answer's ``done`` counts the faults done since they were last set.
        """
        return ask_faults(self.url, self.token_admin, "PUT" if failures else "GET", failures or None)

    def clear_faults(self) -> None:
        ask_faults(self.url, self.token_admin, "DELETE")
