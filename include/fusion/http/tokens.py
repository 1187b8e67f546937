"""An access token, and the store that may share it with other processes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

NO_EXPIRY = 60.0
"""Seconds that a token counts as good when its answer has no ``expires_in``."""


@dataclass(frozen=True)
class Token:
    """``renovar_em``, ``expira_em``: seconds since the epoch, so that processes agree on them."""

    valor: str
    renovar_em: float
    expira_em: float

    @classmethod
    def of(cls, value: str, duration: float, now: float | None = None) -> Token:
        """A token that lives ``duration`` seconds; to be renewed when a tenth of that is left, a minute at most."""
        now = time.time() if now is None else now
        return cls(value, now + duration - min(60.0, duration / 10), now + duration)

    def __repr__(self) -> str:
        return "Token(***)"


class TokenStore:
    """Tokens by access (owner, token URL, client, scope). This store keeps nothing: enough for a process with one client."""

    def read(self, access: tuple[str, ...]) -> Token | None:
        """The kept token while it needs no renewal."""

    def store(self, access: tuple[str, ...], token: Token) -> None:
        """Keep it for the others."""

    def drop(self, access: tuple[str, ...], value: str) -> None:
        """Drop a token that the server refused, unless somebody has renewed it meanwhile."""

    @asynccontextmanager
    async def lock(self, access: tuple[str, ...]) -> AsyncIterator[None]:
        """Lock the renewal of one access; waits for its turn."""
        yield
