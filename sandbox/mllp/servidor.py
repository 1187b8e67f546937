"""A sandbox MLLP listener as a child process: what the stack, the tests and the benchmarks start."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from sandbox.processos import end_process, start_run

_ROOT = Path(__file__).resolve().parents[2]


class MllpServer:
    """One listener on Fusion's database ``dsn``; log, port and faults live in ``folder``. The port stays the same over restarts.

    ``tls_cert``: PEM with key and certificate; with ``tls_ca`` clients need a certificate of that authority.
    """

    def __init__(
        self, dsn: str, folder: Path, *, integracao: int = 2, port: int = 0, tls_cert: Path | None = None, tls_ca: Path | None = None
    ) -> None:
        self.folder = Path(folder)
        self.port = port
        self._dsn = dsn
        self._integracao = integracao
        self._tls = {"--tls-cert": tls_cert, "--tls-ca": tls_ca}
        self._processo: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._processo.pid if self._processo is not None and self._processo.poll() is None else None

    def start_run(self, wait: float = 30.0) -> MllpServer:
        """Start and wait until it listens; harmless when it runs already. :raises RuntimeError: the message names the log."""
        if self.pid is not None:
            return self
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "mllp.porta"
        file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "sandbox.mllp", "--integracao", str(self._integracao), "--porta", str(self.port),
                   "--porta-arquivo", str(file), "--falhas", str(self.folder / "mllp.falhas.json")]  # fmt: skip
        command += [part for option, pem in self._tls.items() if pem is not None for part in (option, str(pem))]
        # The address has a password: it travels in the environment, which other accounts cannot read.
        environment = {**os.environ, "FUSION_DSN": self._dsn, "PYTHONPATH": str(_ROOT)}
        self._processo = start_run(command, log=self.folder / "mllp.log", env=environment, cwd=_ROOT)
        limit = time.monotonic() + wait
        while not file.exists():
            if self._processo.poll() is not None or time.monotonic() > limit:
                self.stop(signal.SIGKILL)
                raise RuntimeError(f"the sandbox MLLP listener did not start; see {self.folder / 'mllp.log'}")
            time.sleep(0.02)
        self.port = int(file.read_text())
        return self

    def stop(self, sinal: int = signal.SIGTERM) -> None:
        """Harmless when it does not run."""
        if self._processo is not None:
            end_process(self._processo, sinal)

    def falhas(self, **failures: Any) -> None:
        """Replace the injected faults (fields of :class:`sandbox.mllp.falhas.Faults`); none clears them."""
        file = self.folder / "mllp.falhas.json"
        partial = file.with_suffix(".tmp")
        partial.write_text(json.dumps(failures))
        partial.replace(file)
