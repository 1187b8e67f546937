"""Access tokens, shared by all tasks of a worker: one encrypted file per access, renewed by one process at a time."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from include.fusion.errors import InvalidConfiguration
from include.fusion.fhir.config.secrets import Secrets
from include.fusion.http.tokens import Token, TokenStore


def default_folder() -> Path:
    """A folder of this account; ``FUSION_FHIR_TOKENS`` sets another."""
    return Path(os.environ.get("FUSION_FHIR_TOKENS") or Path(tempfile.gettempdir()) / f"fusion-fhir-{os.geteuid()}")


class TokenCache(TokenStore):
    """A file per (tenant, token URL, client, scope). The kernel's lock (``flock``) ends with a killed process."""

    def __init__(self, secrets: Secrets, folder: Path | None = None) -> None:
        self._secrets = secrets
        self._folder = folder or default_folder()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = self._folder.lstat()
        if not self._folder.is_dir() or self._folder.is_symlink() or state.st_uid != os.geteuid() or state.st_mode & 0o077:
            raise InvalidConfiguration(f"{self._folder} must be a folder that only this account may read (FUSION_FHIR_TOKENS)")

    def _file(self, access: tuple[str, ...]) -> Path:
        return self._folder / hashlib.sha256("\x00".join(access).encode()).hexdigest()[:40]

    def read(self, access: tuple[str, ...]) -> Token | None:
        try:
            data = json.loads(self._secrets.unseal(self._file(access).read_text()))
            token = Token(str(data["valor"]), float(data["renovar_em"]), float(data["expira_em"]))
        except (OSError, ValueError, KeyError, TypeError, InvalidConfiguration):
            return None
        return token if time.time() < token.renovar_em else None

    def store(self, access: tuple[str, ...], token: Token) -> None:
        file = self._file(access)
        partial = file.with_suffix(f".{os.getpid()}")
        partial.touch(mode=0o600)
        partial.write_text(self._secrets.seal(json.dumps(vars(token)).encode()))
        partial.replace(file)

    def drop(self, access: tuple[str, ...], value: str) -> None:
        current = self.read(access)
        if current is not None and current.valor == value:
            self._file(access).unlink(missing_ok=True)

    @asynccontextmanager
    async def lock(self, access: tuple[str, ...]) -> AsyncIterator[None]:
        """Without a thread: a few dead token servers would block all threads."""
        descriptor = os.open(self._file(access).with_suffix(".trava"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            while not _lock(descriptor):  # noqa: ASYNC110 - the kernel tells nobody
                await asyncio.sleep(0.05)
            yield
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
