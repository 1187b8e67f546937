"""Problem documents (RFC 9457): what was wrong and where, never the value."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response


def problema(status: int, detalhe: str, campo: str | None = None, cabecalhos: Mapping[str, str] | None = None) -> Response:
    corpo: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detalhe}
    if campo:
        corpo["campo"] = campo
    return Response(orjson.dumps(corpo), status, media_type="application/problem+json", headers=dict(cabecalhos or {}))


class Recusa(Exception):
    """A request that is refused; ``integracao_id`` and ``codigo`` say which record, where the request let us know."""

    def __init__(self, status: int, detalhe: str, campo: str | None = None, cabecalhos: Mapping[str, str] | None = None) -> None:
        super().__init__(detalhe)
        self.status = status
        self.detalhe = detalhe
        self.campo = campo
        self.cabecalhos = cabecalhos
        self.integracao_id: int | None = None
        self.codigo: str | None = None

    def de(self, integracao_id: object, codigo: object) -> Recusa:
        """Remember the record this is about, as far as the request's own types are right."""
        if isinstance(integracao_id, int) and 0 < integracao_id < 2**31:
            self.integracao_id = integracao_id
        if isinstance(codigo, str) and len(codigo) <= 100 and codigo.isprintable():
            self.codigo = codigo
        return self

    def resposta(self) -> Response:
        return problema(self.status, self.detalhe, self.campo, self.cabecalhos)
