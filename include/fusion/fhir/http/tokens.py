"""Access tokens shared by all tasks of a worker: one encrypted file per access, renewed early and by one process at a time."""

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

from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.fhir.config.secrets import Cofre
from include.fusion.http.tokens import Token, TokenStore


def pasta_padrao() -> Path:
    """A folder of this account's own; ``FUSION_FHIR_TOKENS`` moves it."""
    return Path(os.environ.get("FUSION_FHIR_TOKENS") or Path(tempfile.gettempdir()) / f"fusion-fhir-{os.geteuid()}")


class CacheTokens(TokenStore):
    """A file per (tenant, token URL, client, scope). The lock is the kernel's (``flock``): a killed process leaves none behind."""

    def __init__(self, cofre: Cofre, pasta: Path | None = None) -> None:
        self._cofre = cofre
        self._pasta = pasta or pasta_padrao()
        self._pasta.mkdir(mode=0o700, parents=True, exist_ok=True)
        estado = self._pasta.lstat()
        if not self._pasta.is_dir() or self._pasta.is_symlink() or estado.st_uid != os.geteuid() or estado.st_mode & 0o077:
            raise ConfiguracaoInvalida(f"{self._pasta} must be a folder that only this account may read (FUSION_FHIR_TOKENS)")

    def _arquivo(self, acesso: tuple[str, ...]) -> Path:
        return self._pasta / hashlib.sha256("\x00".join(acesso).encode()).hexdigest()[:40]

    def ler(self, acesso: tuple[str, ...]) -> Token | None:
        try:
            dados = json.loads(self._cofre.romper(self._arquivo(acesso).read_text()))
            token = Token(str(dados["valor"]), float(dados["renovar_em"]), float(dados["expira_em"]))
        except (OSError, ValueError, KeyError, TypeError, ConfiguracaoInvalida):
            return None
        return token if time.time() < token.renovar_em else None

    def guardar(self, acesso: tuple[str, ...], token: Token) -> None:
        arquivo = self._arquivo(acesso)
        parcial = arquivo.with_suffix(f".{os.getpid()}")
        parcial.touch(mode=0o600)
        parcial.write_text(self._cofre.selar(json.dumps(vars(token)).encode()))
        parcial.replace(arquivo)

    def largar(self, acesso: tuple[str, ...], valor: str) -> None:
        atual = self.ler(acesso)
        if atual is not None and atual.valor == valor:
            self._arquivo(acesso).unlink(missing_ok=True)

    @asynccontextmanager
    async def trava(self, acesso: tuple[str, ...]) -> AsyncIterator[None]:
        """In no thread: a few dead token servers would take all there are."""
        descritor = os.open(self._arquivo(acesso).with_suffix(".trava"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            while not _travar(descritor):  # noqa: ASYNC110 - the kernel tells nobody
                await asyncio.sleep(0.05)
            yield
        finally:
            os.close(descritor)


def _travar(descritor: int) -> bool:
    try:
        fcntl.flock(descritor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
