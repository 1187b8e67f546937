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

from sandbox.processos import encerrar, iniciar

_RAIZ = Path(__file__).resolve().parents[2]


class ServidorMllp:
    """One listener on Fusion's database ``dsn``; log, port and faults live in ``pasta``. The port stays the same over restarts.

    ``tls_cert``: PEM with key and certificate; with ``tls_ca`` clients need a certificate of that authority.
    """

    def __init__(
        self, dsn: str, pasta: Path, *, integracao: int = 2, porta: int = 0, tls_cert: Path | None = None, tls_ca: Path | None = None
    ) -> None:
        self.pasta = Path(pasta)
        self.porta = porta
        self._dsn = dsn
        self._integracao = integracao
        self._tls = {"--tls-cert": tls_cert, "--tls-ca": tls_ca}
        self._processo: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._processo.pid if self._processo is not None and self._processo.poll() is None else None

    def iniciar(self, espera: float = 30.0) -> ServidorMllp:
        """Start and wait until it listens; harmless when it runs already. :raises RuntimeError: the message names the log."""
        if self.pid is not None:
            return self
        self.pasta.mkdir(parents=True, exist_ok=True)
        arquivo = self.pasta / "mllp.porta"
        arquivo.unlink(missing_ok=True)
        comando = [sys.executable, "-m", "sandbox.mllp", "--integracao", str(self._integracao), "--porta", str(self.porta),
                   "--porta-arquivo", str(arquivo), "--falhas", str(self.pasta / "mllp.falhas.json")]  # fmt: skip
        comando += [parte for opcao, pem in self._tls.items() if pem is not None for parte in (opcao, str(pem))]
        # The address has a password: it travels in the environment, which other accounts cannot read.
        ambiente = {**os.environ, "FUSION_DSN": self._dsn, "PYTHONPATH": str(_RAIZ)}
        self._processo = iniciar(comando, log=self.pasta / "mllp.log", env=ambiente, cwd=_RAIZ)
        limite = time.monotonic() + espera
        while not arquivo.exists():
            if self._processo.poll() is not None or time.monotonic() > limite:
                self.parar(signal.SIGKILL)
                raise RuntimeError(f"the sandbox MLLP listener did not start; see {self.pasta / 'mllp.log'}")
            time.sleep(0.02)
        self.porta = int(arquivo.read_text())
        return self

    def parar(self, sinal: int = signal.SIGTERM) -> None:
        """Harmless when it does not run."""
        if self._processo is not None:
            encerrar(self._processo, sinal)

    def falhas(self, **falhas: Any) -> None:
        """Replace the injected faults (fields of :class:`sandbox.mllp.falhas.Falhas`); none clears them."""
        arquivo = self.pasta / "mllp.falhas.json"
        parcial = arquivo.with_suffix(".tmp")
        parcial.write_text(json.dumps(falhas))
        parcial.replace(arquivo)
