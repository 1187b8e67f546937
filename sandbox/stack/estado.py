"""State folder of one stack: secrets, ports and who runs, so that two checkouts (or ``up`` and ``demo``) never meet."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from sandbox.processos import porta_livre

RAIZ = Path(__file__).resolve().parents[2]
"""The checkout."""
PORTAS = {"ui": "FUSION_UI_PORT", "api": "FUSION_API_PORT", "pg": "FUSION_PG_PORT", "fhir": "FUSION_FHIR_PORT"}
_SEGREDOS: dict[str, Callable[[], str]] = {
    "marca": lambda: secrets.token_hex(12),
    "senha_ui": lambda: secrets.token_urlsafe(12),
    "fernet": lambda: base64.urlsafe_b64encode(os.urandom(32)).decode(),
    "jwt": lambda: secrets.token_urlsafe(48),
    "sessao": lambda: secrets.token_urlsafe(48),
    "token_fusion": lambda: secrets.token_urlsafe(24),
    "segredo_fhir": lambda: secrets.token_urlsafe(24),
}


def porta_ocupada(porta: int) -> bool:
    """Whether something listens on, or still holds, this loopback port."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", porta))
        except OSError:
            return True
    return False


class Estado:
    """Files of one stack under ``pasta``; everything secret is readable by its owner only."""

    def __init__(self, pasta: Path) -> None:
        self.pasta = Path(pasta).resolve()
        self.logs = self.pasta / "logs"
        self.airflow = self.pasta / "airflow"
        self.postgres = self.pasta / "postgres"
        self._trava: IO[str] | None = None

    def criar(self) -> Estado:
        self.logs.mkdir(parents=True, exist_ok=True)
        self.airflow.mkdir(exist_ok=True)
        return self

    @property
    def segredos(self) -> Mapping[str, str]:
        """Generated once per folder; one that an older checkout did not know yet is added."""
        arquivo = self.pasta / "segredos.json"
        dados: dict[str, str] = json.loads(arquivo.read_text()) if arquivo.exists() else {}
        if faltam := _SEGREDOS.keys() - dados.keys():
            dados |= {nome: _SEGREDOS[nome]() for nome in faltam}
            _escrever(arquivo, dados)
        return dados

    def escolher_portas(self, ambiente: Mapping[str, str] = os.environ) -> dict[str, int]:
        """Ports of this start: from the environment, else those of the last start while still free, else free ones."""
        portas = self.portas
        for nome, variavel in PORTAS.items():
            pedida = ambiente.get(variavel, "").strip()
            if pedida:
                portas[nome] = int(pedida)
                if porta_ocupada(portas[nome]):
                    raise SystemExit(f"{variavel}={pedida}: the port is in use")
            elif nome not in portas or porta_ocupada(portas[nome]):
                portas[nome] = porta_livre()
        _escrever(self.pasta / "portas.json", portas)
        return portas

    @property
    def portas(self) -> dict[str, int]:
        arquivo = self.pasta / "portas.json"
        return dict(json.loads(arquivo.read_text())) if arquivo.exists() else {}

    @property
    def url_ui(self) -> str:
        return f"http://127.0.0.1:{self.portas['ui']}"

    @property
    def url_fusion(self) -> str:
        return f"http://127.0.0.1:{self.portas['api']}"

    @property
    def url_fhir(self) -> str:
        return f"http://127.0.0.1:{self.portas['fhir']}/fhir"

    @property
    def processos(self) -> dict[str, Any]:
        """Who runs: ``{"fase": ..., "supervisor": {pid, inicio}, "filhos": {name: {pid, inicio}}}``; empty when nothing was started."""
        arquivo = self.pasta / "processos.json"
        return dict(json.loads(arquivo.read_text())) if arquivo.exists() else {}

    def gravar_processos(self, dados: Mapping[str, Any]) -> None:
        _escrever(self.pasta / "processos.json", dados)

    def travar(self) -> bool:
        """Take the folder's lock for this process's life (the kernel frees it, however the process ends)."""
        self.pasta.mkdir(parents=True, exist_ok=True)
        arquivo = (self.pasta / "trava").open("w")
        try:
            fcntl.flock(arquivo, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            arquivo.close()
            return False
        self._trava = arquivo
        return True

    def destravar(self) -> None:
        if self._trava is not None:
            self._trava.close()
            self._trava = None

    def em_uso(self) -> bool:
        """Whether a supervisor holds this folder now."""
        if not self.pasta.exists():
            return False
        if livre := self.travar():
            self.destravar()
        return not livre


def _escrever(arquivo: Path, dados: Mapping[str, Any]) -> None:
    """Replace at once: a reader, or a kill in the middle, never meets half a file."""
    novo = arquivo.with_name(f"{arquivo.name}.{os.getpid()}")
    descritor = os.open(novo, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descritor, "w") as saida:
        json.dump(dados, saida, indent=1)
    novo.replace(arquivo)
