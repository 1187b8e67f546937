"""Who may call: bearer, API key, basic, and OAuth2 client credentials whose tokens carry their own proof."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from urllib.parse import parse_qs

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response

from sandbox.fusion.ajustes import Settings
from sandbox.fusion.problema import Refusal


def _same(given: str, ok: str) -> bool:
    return bool(ok) and hmac.compare_digest(given.encode(), ok.encode())


def _basic(credential: str) -> tuple[str, str]:
    try:
        user, _, password = base64.b64decode(credential, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


class Gatekeeper:
    """Checks credentials. OAuth2 tokens are signed, not stored, so a restarted server still knows them."""

    def __init__(self, settings: Settings) -> None:
        self._a = settings
        self._methods = frozenset(settings.auth_kinds)

    def demand(self, headers: Headers, *, admin: bool = False) -> None:
        """:raises Recusa: 401 without a valid credential, 403 when it is valid but not the administrator's."""
        schema, _, credential = headers.get("authorization", "").partition(" ")
        if admin and schema.lower() == "bearer" and _same(credential, self._a.token_admin):
            return
        if not self._conhece(schema.lower(), credential.strip(), headers.get("x-api-key", "")):
            raise Refusal(401, "credencial ausente, inválida ou vencida", headers={"WWW-Authenticate": 'Bearer realm="fusion"'})
        if admin and self._a.token_admin != self._a.token:
            raise Refusal(403, "só o administrador do sandbox pode fazer isto")

    def _conhece(self, schema: str, credential: str, key: str) -> bool:
        if schema == "bearer":
            return ("bearer" in self._methods and _same(credential, self._a.token)) or (
                "oauth2" in self._methods and self._is_signed(credential)
            )
        if schema == "basic" and "basic" in self._methods:
            user, password = _basic(credential)
            return _same(user, self._a.user) and _same(password, self._a.password)
        return "api_key" in self._methods and _same(key, self._a.token)

    def integracao(self, integracao_id: int) -> None:
        """:raises Recusa: 403 when settings do not list this integration."""
        if self._a.integracoes and integracao_id not in self._a.integracoes:
            raise Refusal(403, "integração não cadastrada para esta credencial", "$.integracaoId")

    def issue_token(self, form: bytes, authorization: str) -> Response:
        """Answer of the token endpoint (RFC 6749, 4.4 and 5)."""
        try:
            fields = {k: v[0] for k, v in parse_qs(form.decode()).items()}
        except UnicodeDecodeError:
            fields = {}
        client, secret = fields.get("client_id", ""), fields.get("client_secret", "")
        if authorization.lower().startswith("basic "):
            client, secret = _basic(authorization[6:].strip())
        no_cache = {"Cache-Control": "no-store"}
        if "oauth2" not in self._methods or fields.get("grant_type") != "client_credentials":
            return Response(orjson.dumps({"error": "unsupported_grant_type"}), 400, no_cache, "application/json")
        if not (_same(client, self._a.client) and _same(secret, self._a.secret)):
            return Response(orjson.dumps({"error": "invalid_client"}), 401, no_cache, "application/json")
        content = f"{int(time.time()) + self._a.token_validity}.{secrets.token_urlsafe(12)}"
        token = {"access_token": f"{content}.{self._sign(content)}", "token_type": "bearer", "expires_in": self._a.token_validity}
        return Response(orjson.dumps(token), 200, no_cache, "application/json")

    def _sign(self, content: str) -> str:
        return hmac.new(self._a.secret.encode(), content.encode(), hashlib.sha256).hexdigest()

    def _is_signed(self, token: str) -> bool:
        content, _, signature = token.rpartition(".")
        max_age = content.partition(".")[0]
        if not self._a.secret or not _same(signature, self._sign(content)):
            return False
        return time.time() < int(max_age)
