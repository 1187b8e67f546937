"""What a sandbox Fusion may be told when it starts; secrets come from the environment only."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

METHODS = ("bearer", "api_key", "basic", "oauth2")


def _items_list(text: str) -> tuple[str, ...]:
    return tuple(p.strip() for p in text.split(",") if p.strip())


@dataclass(frozen=True)
class Settings:
    """Settings of one server. An empty secret disables what it protects; an empty ``integracoes`` accepts every integration."""

    dsn: str = field(repr=False)
    token: str = field(default="", repr=False)
    token_admin: str = field(default="", repr=False)
    user: str = "fusion"
    password: str = field(default="", repr=False)
    client: str = "hub"
    secret: str = field(default="", repr=False)
    token_validity: int = 300
    auth_kinds: tuple[str, ...] = METHODS
    layouts: frozenset[int] = frozenset({7})
    integracoes: frozenset[int] = frozenset()
    conexoes: int = 12
    body_max: int = 32 * 1024 * 1024
    falhas: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if strange := set(self.auth_kinds) - set(METHODS):
            raise ValueError(f"FUSION_AUTH_KINDS: unknown {sorted(strange)}, expected some of {', '.join(METHODS)}")
        if not (self.token or self.password or self.secret):
            raise ValueError("set FUSION_TOKEN (or FUSION_PASSWORD or FUSION_SECRET): a Fusion without any secret would let everyone in")


def from_environment(environment: Mapping[str, str] = os.environ, **fixed: Any) -> Settings:
    """Read ``FUSION_*``; the basic password and the OAuth2 secret default to the token, so that one secret is enough."""
    token = environment.get("FUSION_TOKEN", "")
    read_items: dict[str, Any] = {
        "dsn": environment.get("FUSION_DSN", ""),
        "token": token,
        "token_admin": environment.get("FUSION_TOKEN_ADMIN", token),
        "user": environment.get("FUSION_USER", "fusion"),
        "password": environment.get("FUSION_PASSWORD", token),
        "client": environment.get("FUSION_CLIENT", "hub"),
        "secret": environment.get("FUSION_SECRET", token),
        "token_validity": int(environment.get("FUSION_TOKEN_VALIDITY", "300")),
        "conexoes": int(environment.get("FUSION_CONNECTIONS", "12")),
        "auth_kinds": _items_list(environment.get("FUSION_AUTH_KINDS", ",".join(METHODS))),
        "layouts": frozenset(map(int, _items_list(environment.get("FUSION_LAYOUTS", "7")))),
        "integracoes": frozenset(map(int, _items_list(environment.get("FUSION_INTEGRACOES", "")))),
        "falhas": json.loads(environment.get("FUSION_FAILURES", "{}")),
    }
    return Settings(**{**read_items, **fixed})
