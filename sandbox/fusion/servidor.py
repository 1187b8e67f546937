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

from sandbox.fusion.__main__ import pedir_falhas
from sandbox.processos import encerrar, iniciar

_RAIZ = Path(__file__).resolve().parents[2]


def _livre(porta: int) -> bool:
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", porta))
        except OSError:
            return False
    return True


class ServidorFusion:
    """One server on the database ``dsn``; log, port and token live in ``pasta`` (``fusion.log``, ``fusion.json``).

    Options (all by keyword, all optional): ``porta`` · ``token`` · ``token_admin`` (differs from ``token``: /_sandbox needs it) ·
    ``usuario``/``senha`` (basic) · ``cliente``/``segredo`` (OAuth2) · ``validade_token`` s · ``autenticacoes`` · ``layouts`` ·
    ``integracoes`` · ``falhas`` (dict). Password and OAuth2 secret are the token unless given. Address and token stay the same
    when the object, or another one on the same folder, starts again.
    """

    def __init__(
        self, dsn: str, pasta: Path, *, porta: int = 0, token: str = "", falhas: Mapping[str, Any] | None = None, **opcoes: Any
    ) -> None:
        self.pasta = Path(pasta)
        self._fixa = bool(porta)
        guardado = json.loads(self._estado.read_text()) if self._estado.exists() else {}
        self.porta = porta or int(guardado.get("porta", 0))
        self.token = token or guardado.get("token") or secrets.token_urlsafe(24)
        self.token_admin = str(opcoes.get("token_admin", self.token))
        self.senha = str(opcoes.get("senha", self.token))
        self.segredo = str(opcoes.get("segredo", self.token))
        self._processo: subprocess.Popen[bytes] | None = None
        valores = {**opcoes, "dsn": dsn, "token": self.token, "falhas": json.dumps(dict(falhas or {}))}
        self._ambiente = {f"FUSION_{nome.upper()}": self._texto(valor) for nome, valor in valores.items()}

    @staticmethod
    def _texto(valor: Any) -> str:
        return ",".join(map(str, valor)) if isinstance(valor, Iterable) and not isinstance(valor, str) else str(valor)

    @property
    def _estado(self) -> Path:
        return self.pasta / "fusion.json"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.porta}"

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._processo.pid if self._processo is not None and self._processo.poll() is None else None

    def iniciar(self, espera: float = 30.0) -> ServidorFusion:
        """Start and wait until it answers; harmless when it runs already.

        :raises RuntimeError: when it does not answer within ``espera`` seconds; the message names the log.
        """
        if self.pid is not None:
            return self
        if self.porta and not self._fixa and self._processo is None and not _livre(self.porta):
            # The port an earlier, dead run had: somebody else owns it now.
            self.porta = 0
        self.pasta.mkdir(parents=True, exist_ok=True)
        arquivo = self.pasta / "fusion.porta"
        arquivo.unlink(missing_ok=True)
        self._processo = iniciar(
            [sys.executable, "-m", "sandbox.fusion", "serve", "--porta", str(self.porta), "--porta-arquivo", str(arquivo)],
            log=self.pasta / "fusion.log",
            env={**{k: v for k, v in os.environ.items() if not k.startswith("FUSION_")}, **self._ambiente, "PYTHONPATH": str(_RAIZ)},
            cwd=_RAIZ,
        )
        limite = time.monotonic() + espera
        while not (arquivo.exists() and self._responde(int(arquivo.read_text()))):
            if self._processo.poll() is not None or time.monotonic() > limite:
                self.parar(signal.SIGKILL)
                raise RuntimeError(f"the sandbox Fusion did not start; see {self.pasta / 'fusion.log'}")
            time.sleep(0.05)
        self.porta = int(arquivo.read_text())
        self._estado.touch(mode=0o600)
        self._estado.write_text(json.dumps({"porta": self.porta, "token": self.token}))
        return self

    @staticmethod
    def _responde(porta: int) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{porta}/saude", timeout=2) as resposta:
                return bool(resposta.status == 200)
        except OSError:
            return False

    def parar(self, sinal: int = signal.SIGTERM) -> None:
        """SIGTERM finishes the requests under way; SIGKILL does not. Harmless when it does not run."""
        if self._processo is not None:
            encerrar(self._processo, sinal)

    def falhas(self, **falhas: Any) -> dict[str, Any]:
        """Replace the injected faults (fields of :class:`sandbox.fusion.falhas.Falhas`); without any, only show them.

        The answer's ``feitas`` counts the faults done since they were last set.
        """
        return pedir_falhas(self.url, self.token_admin, "PUT" if falhas else "GET", falhas or None)

    def limpar_falhas(self) -> None:
        pedir_falhas(self.url, self.token_admin, "DELETE")
