"""What a sandbox Fusion may be told when it starts; secrets come from the environment only."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

METODOS = ("bearer", "api_key", "basic", "oauth2")


def _lista(texto: str) -> tuple[str, ...]:
    return tuple(p.strip() for p in texto.split(",") if p.strip())


@dataclass(frozen=True)
class Ajustes:
    """Settings of one server. An empty secret disables what it protects; an empty ``integracoes`` accepts every integration."""

    dsn: str = field(repr=False)
    token: str = field(default="", repr=False)
    token_admin: str = field(default="", repr=False)
    usuario: str = "fusion"
    senha: str = field(default="", repr=False)
    cliente: str = "hub"
    segredo: str = field(default="", repr=False)
    validade_token: int = 300
    autenticacoes: tuple[str, ...] = METODOS
    layouts: frozenset[int] = frozenset({7})
    integracoes: frozenset[int] = frozenset()
    conexoes: int = 12
    corpo_max: int = 32 * 1024 * 1024
    falhas: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if estranhos := set(self.autenticacoes) - set(METODOS):
            raise ValueError(f"FUSION_AUTENTICACOES: unknown {sorted(estranhos)}, expected some of {', '.join(METODOS)}")
        if not (self.token or self.senha or self.segredo):
            raise ValueError("set FUSION_TOKEN (or FUSION_SENHA or FUSION_SEGREDO): a Fusion without any secret would let everyone in")


def do_ambiente(ambiente: Mapping[str, str] = os.environ, **fixos: Any) -> Ajustes:
    """Read ``FUSION_*``; the basic password and the OAuth2 secret default to the token, so that one secret is enough."""
    token = ambiente.get("FUSION_TOKEN", "")
    lidos: dict[str, Any] = {
        "dsn": ambiente.get("FUSION_DSN", ""),
        "token": token,
        "token_admin": ambiente.get("FUSION_TOKEN_ADMIN", token),
        "usuario": ambiente.get("FUSION_USUARIO", "fusion"),
        "senha": ambiente.get("FUSION_SENHA", token),
        "cliente": ambiente.get("FUSION_CLIENTE", "hub"),
        "segredo": ambiente.get("FUSION_SEGREDO", token),
        "validade_token": int(ambiente.get("FUSION_VALIDADE_TOKEN", "300")),
        "conexoes": int(ambiente.get("FUSION_CONEXOES", "12")),
        "autenticacoes": _lista(ambiente.get("FUSION_AUTENTICACOES", ",".join(METODOS))),
        "layouts": frozenset(map(int, _lista(ambiente.get("FUSION_LAYOUTS", "7")))),
        "integracoes": frozenset(map(int, _lista(ambiente.get("FUSION_INTEGRACOES", "")))),
        "falhas": json.loads(ambiente.get("FUSION_FALHAS", "{}")),
    }
    return Ajustes(**{**lidos, **fixos})
