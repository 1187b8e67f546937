"""The FHIR server as a child process: what the stack, the tests and the benchmarks start."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from sandbox.processos import end_process, start_run

_ROOT = Path(__file__).resolve().parents[2]
_OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class FhirServer:
    """One server with its data, log and secrets in ``folder``; the port stays when it starts again.

    Options: ``token_validity`` (s), ``jwks`` (public keys, each of a client ``hub-<kid>``), ``port``.
    """

    def __init__(
        self, folder: Path, *, port: int = 0, secret: str = "", token_validity: int = 300, jwks: dict[str, Any] | None = None
    ) -> None:
        self.folder = Path(folder)
        self.port = port
        self.secret = secret or secrets.token_urlsafe(18)
        self._environment = {"FHIR_TOKEN_VALIDITY": str(token_validity), "FHIR_JWKS": json.dumps(jwks or {})}
        self._environment |= {f"FHIR_{n}": self.secret for n in ("PASSWORD", "SECRET", "API_KEY", "TOKEN_ADMIN")}
        self._processo: subprocess.Popen[bytes] | None = None

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.root}/fhir"

    def acesso(self, kind: str = "oauth2", **more: Any) -> dict[str, Any]:
        """``authType`` and ``authConfig`` of a tenant that may enter."""
        credentials: dict[str, dict[str, Any]] = {
            "oauth2": {"clientId": "hub", "clientSecret": self.secret, "tokenUrl": f"{self.root}/auth/token"},
            "basic": {"username": "usuario", "password": self.secret},
            "apikey": {"apiKey": self.secret, "apiKeyHeader": "X-API-Key"},
        }
        return {"authType": kind, "authConfig": {**credentials[kind], **more}}

    def start_run(self, wait: float = 60.0) -> FhirServer:
        """:raises RuntimeError: when it does not answer within ``wait`` seconds; the message names the log."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "fhir.porta"
        file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "sandbox.fhir", "--pasta", str(self.folder), "--porta", str(self.port)]
        self._processo = start_run(
            [*command, "--porta-arquivo", str(file)],
            log=self.folder / "fhir.log",
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith(("FHIR_", "SEKMET_"))},
                **self._environment,
                "PYTHONPATH": str(_ROOT),
            },
            cwd=self.folder,
        )
        limit = time.monotonic() + wait
        while not file.exists():
            if self._processo.poll() is not None or time.monotonic() > limit:
                self.stop(signal.SIGKILL)
                raise RuntimeError(f"the sandbox FHIR server did not start; see {self.folder / 'fhir.log'}")
            time.sleep(0.05)
        self.port = int(file.read_text())
        return self

    def stop(self, sinal: int = signal.SIGTERM) -> None:
        if self._processo is not None:
            end_process(self._processo, sinal)

    def falhas(self, **failures: Any) -> dict[str, Any]:
        """Replace the faults (fields of :class:`sandbox.fhir.falhas.Faults`); none only shows them, with counts of faults and requests."""
        return dict(json.loads(self._ask("PUT" if failures else "GET", "/_sandbox/falhas", failures or None)))

    def clear_faults(self) -> None:
        self._ask("DELETE", "/_sandbox/falhas")

    def revoke_tokens(self) -> None:
        self._ask("POST", "/_sandbox/revogar")

    def fhir(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        """One request past all faults' authors: as the hospital's own system would make it."""
        read_item = self._ask(method, f"/fhir/{path}", body, {n.replace("_", "-"): v for n, v in headers.items()})
        return dict(json.loads(read_item)) if read_item else {}

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None, more: dict[str, str] | None = None) -> bytes:
        request = urllib.request.Request(
            f"{self.root}{path}",
            data=None if body is None else json.dumps(body, default=float).encode(),
            method=method,
            headers={"Authorization": f"Bearer {self.secret}", "Content-Type": "application/fhir+json", **(more or {})},
        )
        with _OPEN(request, timeout=30) as response:
            return bytes(response.read())
