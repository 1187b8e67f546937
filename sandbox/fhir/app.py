"""The server: `sekmet-fhir` in this process, with a second validator, an API key, and faults before it.

sekmet brings R4 storage and search (SQLite), versions and ETags, conditional create, If-Match, batch and transaction with rollback, paging,
SMART Backend Services and client secrets. Ours are: `fhirkit` (generated from HL7's own R4 definitions) as an independent validator, so that
a wrong resource is a 422 with an OperationOutcome; references that must exist; the API key; revocation of tokens; faults.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.fhir.falhas import ComFalhas

_ESTADOS = frozenset({"registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"})


@dataclass(frozen=True)
class Ajustes:
    """``FHIR_*`` of the environment. ``jwks``: public keys; each makes a client ``hub-<kid>`` that signs; ``validade_token`` in seconds."""

    pasta: Path
    porta: int
    usuario: str = "usuario"
    senha: str = ""
    cliente: str = "hub"
    segredo: str = ""
    jwks: dict[str, Any] = field(default_factory=dict)
    chave_api: str = ""
    token_admin: str = ""
    validade_token: int = 300

    @classmethod
    def do_ambiente(cls, pasta: Path, porta: int) -> Ajustes:
        a: dict[str, Any] = {n.removeprefix("FHIR_").lower(): v for n, v in os.environ.items() if n.startswith("FHIR_")}
        if "jwks" in a:
            a["jwks"] = json.loads(a["jwks"])
        conhecidos: dict[str, Any] = {n: (int(v) if n == "validade_token" else v) for n, v in a.items() if n in cls.__dataclass_fields__}
        return cls(pasta=pasta, porta=porta, **conhecidos)


def criar(ajustes: Ajustes) -> ASGIApp:
    from sekmet.config import ServerAuth, Settings, SimulatorSettings, SmartClient
    from sekmet.main import create_app

    # Its own request log quotes whole bodies.
    logging.getLogger("sekmet").setLevel(logging.ERROR)
    escopos = "system/*.read system/*.write"
    clientes = [SmartClient(client_id=ajustes.cliente, client_secret=ajustes.segredo or None, scopes=escopos)]
    # One client per key: the server tries each key it knows of a client, and stumbles over one of another kind.
    clientes += [
        SmartClient(client_id=f"{ajustes.cliente}-{k['kid']}", jwks={"keys": [k]}, scopes=escopos) for k in ajustes.jwks.get("keys", [])
    ]
    settings = Settings(
        base_url=f"http://127.0.0.1:{ajustes.porta}/fhir",
        host="127.0.0.1",
        port=ajustes.porta,
        data_dir=str(ajustes.pasta),
        db_path=str(ajustes.pasta / "fhir.db"),
        own_private_key_path=str(ajustes.pasta / "chave.pem"),
        simulator=SimulatorSettings(enabled=False),
        log_inbound=False,
        server_auth=ServerAuth(
            types=["basic", "bearer", "smart"],
            users={ajustes.usuario: ajustes.senha} if ajustes.senha else {},
            tokens=[ajustes.chave_api] if ajustes.chave_api else [],
            smart_clients=clientes,
            token_lifetime=ajustes.validade_token,
        ),
    )
    app = create_app(settings)
    ctx = app.state.ctx
    ctx.service._check_body = _estrito(ctx)
    return ComFalhas(_Portaria(app, ctx, ajustes), ajustes.token_admin)


def _estrito(ctx: Any) -> Any:
    import fhirkit
    from sekmet.fhir.common import FhirError, issue, parse_reference, walk_references

    anterior = ctx.service._check_body

    def conferir(tipo: str, corpo: Any, origem: str) -> list[dict[str, Any]]:
        avisos: list[dict[str, Any]] = anterior(tipo, corpo, origem)
        erros = [i for i in fhirkit.validate(json.dumps(corpo).encode()) if str(i.severity) in ("error", "fatal")]
        if erros:
            raise FhirError(
                422, "Resource is no valid R4", "invalid", issues=[issue("error", "invalid", "invalid", [i.path]) for i in erros]
            )
        if tipo == "Observation" and corpo.get("status") not in _ESTADOS:
            # A code list that neither validator looks at.
            raise FhirError(422, "Unknown status", "code-invalid", issues=[issue("error", "code-invalid", "code", ["Observation.status"])])
        for referencia in walk_references(corpo):
            alvo, alvo_id, _ = parse_reference(referencia["reference"])
            if alvo and alvo_id and not ctx.store.exists(alvo, alvo_id):
                raise FhirError(422, "Reference to a resource that does not exist", "not-found")
        return avisos

    return conferir


class _Portaria:
    """``X-API-Key`` as a credential of its own, and ``POST /_sandbox/revogar``, which ends every access token at once."""

    def __init__(self, app: ASGIApp, ctx: Any, ajustes: Ajustes) -> None:
        self._app = app
        self._ctx = ctx
        self._ajustes = ajustes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            cabecalhos = dict(scope["headers"])
            if scope["path"] == "/_sandbox/revogar":
                certo = cabecalhos.get(b"authorization", b"").decode() == f"Bearer {self._ajustes.token_admin}"
                if certo:
                    self._ctx.store.kv_set("jwt_secret", os.urandom(32).hex())
                await send({"type": "http.response.start", "status": 204 if certo else 401, "headers": []})
                await send({"type": "http.response.body", "body": b""})
                return
            chave = cabecalhos.get(b"x-api-key", b"").decode()
            if chave and chave == self._ajustes.chave_api:
                scope = {**scope, "headers": [*scope["headers"], (b"authorization", f"Bearer {chave}".encode())]}
        await self._app(scope, receive, send)
