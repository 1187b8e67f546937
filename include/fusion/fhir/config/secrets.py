"""Secrets at rest: Fernet with rotating keys (``cryptography``), the first key encrypts, every key decrypts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from include.fusion.errors import ConfiguracaoInvalida

_CAMPO = "fernet"


class Cofre:
    """Encrypts one JSON object into another that a JSONB column can hold: ``{"fernet": "<token>"}``."""

    def __init__(self, chaves: Sequence[str]) -> None:
        """``chaves``: url-safe base64 Fernet keys, the newest first; :class:`ConfiguracaoInvalida` when there is none or one is wrong."""
        try:
            self._fernet = MultiFernet([Fernet(c.strip()) for c in chaves if c.strip()])
        except ValueError:
            raise ConfiguracaoInvalida("the FHIR secrets need at least one valid Fernet key (core.fernet_key)") from None

    def fechar(self, segredos: dict[str, Any]) -> dict[str, str]:
        return {_CAMPO: self.selar(json.dumps(segredos).encode())}

    def abrir(self, guardado: dict[str, Any]) -> dict[str, Any]:
        """:class:`ConfiguracaoInvalida` when no key fits or the column holds something else (never what it holds)."""
        valor = guardado.get(_CAMPO)
        if not isinstance(valor, str):
            raise ConfiguracaoInvalida("auth_config is not encrypted: enter the tenant's configuration again")
        return dict(json.loads(self.romper(valor)))

    def girar(self, guardado: dict[str, Any]) -> dict[str, str]:
        """The same secrets under the newest key; raises what :meth:`abrir` raises."""
        return self.fechar(self.abrir(guardado))

    def selar(self, dados: bytes) -> str:
        return self._fernet.encrypt(dados).decode()

    def romper(self, selado: str) -> bytes:
        try:
            return self._fernet.decrypt(selado.encode())
        except InvalidToken:
            raise ConfiguracaoInvalida("auth_config was encrypted with a key that is no longer among the configured ones") from None
