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

from sandbox.processos import encerrar, iniciar

_RAIZ = Path(__file__).resolve().parents[2]
_ABRIR = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class ServidorFhir:
    """One server with its data, log and secrets in ``pasta``; the port stays when it starts again.

    Options: ``validade_token`` (s), ``jwks`` (public keys, each of a client ``hub-<kid>``), ``porta``.
    """

    def __init__(
        self, pasta: Path, *, porta: int = 0, segredo: str = "", validade_token: int = 300, jwks: dict[str, Any] | None = None
    ) -> None:
        self.pasta = Path(pasta)
        self.porta = porta
        self.segredo = segredo or secrets.token_urlsafe(18)
        self._ambiente = {"FHIR_VALIDADE_TOKEN": str(validade_token), "FHIR_JWKS": json.dumps(jwks or {})}
        self._ambiente |= {f"FHIR_{n}": self.segredo for n in ("SENHA", "SEGREDO", "CHAVE_API", "TOKEN_ADMIN")}
        self._processo: subprocess.Popen[bytes] | None = None

    @property
    def raiz(self) -> str:
        return f"http://127.0.0.1:{self.porta}"

    @property
    def url(self) -> str:
        return f"{self.raiz}/fhir"

    def acesso(self, tipo: str = "oauth2", **mais: Any) -> dict[str, Any]:
        """``authType`` and ``authConfig`` of a tenant that may enter."""
        credenciais: dict[str, dict[str, Any]] = {
            "oauth2": {"clientId": "hub", "clientSecret": self.segredo, "tokenUrl": f"{self.raiz}/auth/token"},
            "basic": {"username": "usuario", "password": self.segredo},
            "apikey": {"apiKey": self.segredo, "apiKeyHeader": "X-API-Key"},
        }
        return {"authType": tipo, "authConfig": {**credenciais[tipo], **mais}}

    def iniciar(self, espera: float = 60.0) -> ServidorFhir:
        """:raises RuntimeError: when it does not answer within ``espera`` seconds; the message names the log."""
        self.pasta.mkdir(parents=True, exist_ok=True)
        arquivo = self.pasta / "fhir.porta"
        arquivo.unlink(missing_ok=True)
        comando = [sys.executable, "-m", "sandbox.fhir", "--pasta", str(self.pasta), "--porta", str(self.porta)]
        self._processo = iniciar(
            [*comando, "--porta-arquivo", str(arquivo)],
            log=self.pasta / "fhir.log",
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith(("FHIR_", "SEKMET_"))},
                **self._ambiente,
                "PYTHONPATH": str(_RAIZ),
            },
            cwd=self.pasta,
        )
        limite = time.monotonic() + espera
        while not arquivo.exists():
            if self._processo.poll() is not None or time.monotonic() > limite:
                self.parar(signal.SIGKILL)
                raise RuntimeError(f"the sandbox FHIR server did not start; see {self.pasta / 'fhir.log'}")
            time.sleep(0.05)
        self.porta = int(arquivo.read_text())
        return self

    def parar(self, sinal: int = signal.SIGTERM) -> None:
        if self._processo is not None:
            encerrar(self._processo, sinal)

    def falhas(self, **falhas: Any) -> dict[str, Any]:
        """Replace the faults (fields of :class:`sandbox.fhir.falhas.Falhas`); none only shows them, with counts of faults and requests."""
        return dict(json.loads(self._pedir("PUT" if falhas else "GET", "/_sandbox/falhas", falhas or None)))

    def limpar_falhas(self) -> None:
        self._pedir("DELETE", "/_sandbox/falhas")

    def revogar_tokens(self) -> None:
        self._pedir("POST", "/_sandbox/revogar")

    def fhir(self, metodo: str, rota: str, corpo: dict[str, Any] | None = None, **cabecalhos: str) -> dict[str, Any]:
        """One request past all faults' authors: as the hospital's own system would make it."""
        lido = self._pedir(metodo, f"/fhir/{rota}", corpo, {n.replace("_", "-"): v for n, v in cabecalhos.items()})
        return dict(json.loads(lido)) if lido else {}

    def _pedir(self, metodo: str, rota: str, corpo: dict[str, Any] | None = None, mais: dict[str, str] | None = None) -> bytes:
        pedido = urllib.request.Request(
            f"{self.raiz}{rota}",
            data=None if corpo is None else json.dumps(corpo, default=float).encode(),
            method=metodo,
            headers={"Authorization": f"Bearer {self.segredo}", "Content-Type": "application/fhir+json", **(mais or {})},
        )
        with _ABRIR(pedido, timeout=30) as resposta:
            return bytes(resposta.read())
