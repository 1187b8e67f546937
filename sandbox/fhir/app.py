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

from sandbox.fhir.falhas import WithFaults

_STATES = frozenset({"registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"})


@dataclass(frozen=True)
class Settings:
    """``FHIR_*`` of the environment. ``jwks``: public keys; each makes a client ``hub-<kid>`` that signs; ``token_validity`` in seconds."""

    folder: Path
    port: int
    user: str = "usuario"
    password: str = ""
    client: str = "hub"
    secret: str = ""
    jwks: dict[str, Any] = field(default_factory=dict)
    api_key: str = ""
    token_admin: str = ""
    token_validity: int = 300

    @classmethod
    def from_environment(cls, folder: Path, port: int) -> Settings:
        a: dict[str, Any] = {n.removeprefix("FHIR_").lower(): v for n, v in os.environ.items() if n.startswith("FHIR_")}
        if "jwks" in a:
            a["jwks"] = json.loads(a["jwks"])
        known: dict[str, Any] = {n: (int(v) if n == "token_validity" else v) for n, v in a.items() if n in cls.__dataclass_fields__}
        return cls(folder=folder, port=port, **known)


def create(config: Settings) -> ASGIApp:
    from sekmet.config import ServerAuth, Settings, SimulatorSettings, SmartClient
    from sekmet.main import create_app

    # Its own request log quotes whole bodies.
    logging.getLogger("sekmet").setLevel(logging.ERROR)
    scopes = "system/*.read system/*.write"
    clients = [SmartClient(client_id=config.client, client_secret=config.secret or None, scopes=scopes)]
    # One client per key: the server tries each key it knows of a client, and stumbles over one of another kind.
    clients += [
        SmartClient(client_id=f"{config.client}-{k['kid']}", jwks={"keys": [k]}, scopes=scopes) for k in config.jwks.get("keys", [])
    ]
    settings = Settings(
        base_url=f"http://127.0.0.1:{config.port}/fhir",
        host="127.0.0.1",
        port=config.port,
        data_dir=str(config.folder),
        db_path=str(config.folder / "fhir.db"),
        own_private_key_path=str(config.folder / "chave.pem"),
        simulator=SimulatorSettings(enabled=False),
        log_inbound=False,
        server_auth=ServerAuth(
            types=["basic", "bearer", "smart"],
            users={config.user: config.password} if config.password else {},
            tokens=[config.api_key] if config.api_key else [],
            smart_clients=clients,
            token_lifetime=config.token_validity,
        ),
    )
    app = create_app(settings)
    ctx = app.state.ctx
    ctx.service._check_body = _estrito(ctx)
    return WithFaults(_Gate(app, ctx, config), config.token_admin)


def _estrito(ctx: Any) -> Any:
    import fhirkit
    from sekmet.fhir.common import FhirError, issue, parse_reference, walk_references

    previous = ctx.service._check_body

    def check(kind: str, body: Any, origin: str) -> list[dict[str, Any]]:
        warnings: list[dict[str, Any]] = previous(kind, body, origin)
        errors = [i for i in fhirkit.validate(json.dumps(body).encode()) if str(i.severity) in ("error", "fatal")]
        if errors:
            raise FhirError(
                422, "Resource is no valid R4", "invalid", issues=[issue("error", "invalid", "invalid", [i.path]) for i in errors]
            )
        if kind == "Observation" and body.get("status") not in _STATES:
            # A code list that neither validator looks at.
            raise FhirError(422, "Unknown status", "code-invalid", issues=[issue("error", "code-invalid", "code", ["Observation.status"])])
        for reference in walk_references(body):
            target, target_id, _ = parse_reference(reference["reference"])
            if target and target_id and not ctx.store.exists(target, target_id):
                raise FhirError(422, "Reference to a resource that does not exist", "not-found")
        return warnings

    return check


class _Gate:
    """``X-API-Key`` as a credential of its own, and ``POST /_sandbox/revogar``, which ends every access token at once."""

    def __init__(self, app: ASGIApp, ctx: Any, settings: Settings) -> None:
        self._app = app
        self._ctx = ctx
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            if scope["path"] == "/_sandbox/revogar":
                ok = headers.get(b"authorization", b"").decode() == f"Bearer {self._settings.token_admin}"
                if ok:
                    self._ctx.store.kv_set("jwt_secret", os.urandom(32).hex())
                await send({"type": "http.response.start", "status": 204 if ok else 401, "headers": []})
                await send({"type": "http.response.body", "body": b""})
                return
            key = headers.get(b"x-api-key", b"").decode()
            if key and key == self._settings.api_key:
                scope = {**scope, "headers": [*scope["headers"], (b"authorization", f"Bearer {key}".encode())]}
        await self._app(scope, receive, send)
