"""Encryption of stored secrets: Fernet with several keys. The first key encrypts, every key decrypts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from include.fusion.errors import InvalidConfiguration

_FIELD = "fernet"


class Secrets:
    """Encrypts a JSON object as ``{"fernet": "<token>"}``, for a JSONB column."""

    def __init__(self, keys: Sequence[str]) -> None:
        """``keys``: url-safe base64 Fernet keys, the newest first. :raises InvalidConfiguration: no key, or a wrong one."""
        try:
            self._fernet = MultiFernet([Fernet(c.strip()) for c in keys if c.strip()])
        except ValueError:
            raise InvalidConfiguration("the FHIR secrets need at least one valid Fernet key (core.fernet_key)") from None

    def close(self, secrets: dict[str, Any]) -> dict[str, str]:
        return {_FIELD: self.seal(json.dumps(secrets).encode())}

    def open(self, stored: dict[str, Any]) -> dict[str, Any]:
        """:raises InvalidConfiguration: no key fits, or the column has something else (which the text never quotes)."""
        value = stored.get(_FIELD)
        if not isinstance(value, str):
            raise InvalidConfiguration("auth_config is not encrypted: enter the tenant's configuration again")
        return dict(json.loads(self.unseal(value)))

    def rotate(self, stored: dict[str, Any]) -> dict[str, str]:
        """The same secrets under the newest key; raises what :meth:`open` raises."""
        return self.close(self.open(stored))

    def seal(self, data: bytes) -> str:
        return self._fernet.encrypt(data).decode()

    def unseal(self, sealed: str) -> bytes:
        try:
            return self._fernet.decrypt(sealed.encode())
        except InvalidToken:
            raise InvalidConfiguration("auth_config was encrypted with a key that is no longer among the configured ones") from None
