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

from sandbox.fusion.ajustes import Ajustes
from sandbox.fusion.problema import Recusa


def _igual(dado: str, certo: str) -> bool:
    return bool(certo) and hmac.compare_digest(dado.encode(), certo.encode())


def _basic(credencial: str) -> tuple[str, str]:
    try:
        usuario, _, senha = base64.b64decode(credencial, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return usuario, senha


class Porteiro:
    """Checks credentials. OAuth2 tokens are signed, not stored, so a restarted server still knows them."""

    def __init__(self, ajustes: Ajustes) -> None:
        self._a = ajustes
        self._metodos = frozenset(ajustes.autenticacoes)

    def exigir(self, cabecalhos: Headers, *, admin: bool = False) -> None:
        """:raises Recusa: 401 without a valid credential, 403 when it is valid but not the administrator's."""
        esquema, _, credencial = cabecalhos.get("authorization", "").partition(" ")
        if admin and esquema.lower() == "bearer" and _igual(credencial, self._a.token_admin):
            return
        if not self._conhece(esquema.lower(), credencial.strip(), cabecalhos.get("x-api-key", "")):
            raise Recusa(401, "credencial ausente, inválida ou vencida", cabecalhos={"WWW-Authenticate": 'Bearer realm="fusion"'})
        if admin and self._a.token_admin != self._a.token:
            raise Recusa(403, "só o administrador do sandbox pode fazer isto")

    def _conhece(self, esquema: str, credencial: str, chave: str) -> bool:
        if esquema == "bearer":
            return ("bearer" in self._metodos and _igual(credencial, self._a.token)) or (
                "oauth2" in self._metodos and self._assinado(credencial)
            )
        if esquema == "basic" and "basic" in self._metodos:
            usuario, senha = _basic(credencial)
            return _igual(usuario, self._a.usuario) and _igual(senha, self._a.senha)
        return "api_key" in self._metodos and _igual(chave, self._a.token)

    def integracao(self, integracao_id: int) -> None:
        """:raises Recusa: 403 when settings do not list this integration."""
        if self._a.integracoes and integracao_id not in self._a.integracoes:
            raise Recusa(403, "integração não cadastrada para esta credencial", "$.integracaoId")

    def emitir(self, formulario: bytes, autorizacao: str) -> Response:
        """Answer of the token endpoint (RFC 6749, 4.4 and 5)."""
        try:
            campos = {k: v[0] for k, v in parse_qs(formulario.decode()).items()}
        except UnicodeDecodeError:
            campos = {}
        cliente, segredo = campos.get("client_id", ""), campos.get("client_secret", "")
        if autorizacao.lower().startswith("basic "):
            cliente, segredo = _basic(autorizacao[6:].strip())
        sem_cache = {"Cache-Control": "no-store"}
        if "oauth2" not in self._metodos or campos.get("grant_type") != "client_credentials":
            return Response(orjson.dumps({"error": "unsupported_grant_type"}), 400, sem_cache, "application/json")
        if not (_igual(cliente, self._a.cliente) and _igual(segredo, self._a.segredo)):
            return Response(orjson.dumps({"error": "invalid_client"}), 401, sem_cache, "application/json")
        conteudo = f"{int(time.time()) + self._a.validade_token}.{secrets.token_urlsafe(12)}"
        token = {"access_token": f"{conteudo}.{self._assinar(conteudo)}", "token_type": "bearer", "expires_in": self._a.validade_token}
        return Response(orjson.dumps(token), 200, sem_cache, "application/json")

    def _assinar(self, conteudo: str) -> str:
        return hmac.new(self._a.segredo.encode(), conteudo.encode(), hashlib.sha256).hexdigest()

    def _assinado(self, token: str) -> bool:
        conteudo, _, assinatura = token.rpartition(".")
        validade = conteudo.partition(".")[0]
        if not self._a.segredo or not _igual(assinatura, self._assinar(conteudo)):
            return False
        return time.time() < int(validade)
