"""State folder of one stack: secrets, ports and who runs, so that two checkouts (or ``up`` and ``demo``) never meet."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import re
import secrets
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from sandbox.processos import free_port

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""
PORTS = {"ui": "FUSION_UI_PORT", "api": "FUSION_API_PORT", "pg": "FUSION_PG_PORT", "fhir": "FUSION_FHIR_PORT"}
_SECRETS: dict[str, Callable[[], str]] = {
    "marca": lambda: secrets.token_hex(12),
    "senha_ui": lambda: secrets.token_urlsafe(12),
    "fernet": lambda: base64.urlsafe_b64encode(os.urandom(32)).decode(),
    "jwt": lambda: secrets.token_urlsafe(48),
    "sessao": lambda: secrets.token_urlsafe(48),
    "token_fusion": lambda: secrets.token_urlsafe(24),
    "segredo_fhir": lambda: secrets.token_urlsafe(24),
}


def chosen_port(text: str) -> int | None:
    """A port that somebody wrote; ``None``: it is none."""
    return port if re.fullmatch(r"[0-9]{1,5}", text) and 1 <= (port := int(text)) <= 65_535 else None


def port_is_taken(port: int) -> bool:
    """Whether something listens on, or still holds, this loopback port."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


class StackState:
    """Files of one stack under ``folder``; everything secret is readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder).resolve()
        self.logs = self.folder / "logs"
        self.airflow = self.folder / "airflow"
        self.postgres = self.folder / "postgres"
        self._lock: IO[str] | None = None

    def create(self) -> StackState:
        self.logs.mkdir(parents=True, exist_ok=True)
        self.airflow.mkdir(exist_ok=True)
        return self

    @property
    def secrets(self) -> Mapping[str, str]:
        """Generated once per folder; one that an older checkout did not know yet is added."""
        file = self.folder / "segredos.json"
        data: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        if missing := _SECRETS.keys() - data.keys():
            data |= {name: _SECRETS[name]() for name in missing}
            _write_text(file, data)
        return data

    def choose_ports(self, environment: Mapping[str, str] = os.environ) -> dict[str, int]:
        """Ports of this start: from the environment, else those of the last start while still free, else free ones."""
        ports = self.ports
        for name, variable in PORTS.items():
            requested = environment.get(variable, "").strip()
            if port := chosen_port(requested):
                ports[name] = port
                if port_is_taken(port):
                    raise SystemExit(f"{variable}={requested}: the port is in use")
            elif name not in ports or port_is_taken(ports[name]):
                ports[name] = free_port()
        _write_text(self.folder / "portas.json", ports)
        return ports

    @property
    def ports(self) -> dict[str, int]:
        file = self.folder / "portas.json"
        return dict(json.loads(file.read_text())) if file.exists() else {}

    @property
    def url_ui(self) -> str:
        return f"http://127.0.0.1:{self.ports['ui']}"

    @property
    def url_fusion(self) -> str:
        return f"http://127.0.0.1:{self.ports['api']}"

    @property
    def url_fhir(self) -> str:
        return f"http://127.0.0.1:{self.ports['fhir']}/fhir"

    @property
    def processos(self) -> dict[str, Any]:
        """Who runs: ``{"fase": ..., "supervisor": {pid, inicio}, "filhos": {name: {pid, inicio}}, "settings": path of its installations}``;
        empty when nothing was started."""
        file = self.folder / "processos.json"
        return dict(json.loads(file.read_text())) if file.exists() else {}

    def write_processes(self, data: Mapping[str, Any]) -> None:
        _write_text(self.folder / "processos.json", data)

    def lock(self) -> bool:
        """Take the folder's lock for this process's life (the kernel frees it, however the process ends)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = (self.folder / "trava").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._lock = file
        return True

    def unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def in_use(self) -> bool:
        """Whether a supervisor holds this folder now."""
        if not self.folder.exists():
            return False
        if is_free := self.lock():
            self.unlock()
        return not is_free


def _write_text(file: Path, data: Mapping[str, Any]) -> None:
    """Replace at once: a reader, or a kill in the middle, never meets half a file."""
    new = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as output:
        json.dump(data, output, indent=1)
    new.replace(file)
