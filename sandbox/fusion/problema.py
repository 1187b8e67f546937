"""Problem documents (RFC 9457): what was wrong and where, never the value."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response


def problem(
    status: int, detail: str, field: str | None = None, headers: Mapping[str, str] | None = None, kind: str = "about:blank"
) -> Response:
    body: dict[str, Any] = {"type": kind, "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if field:
        body["campo"] = field
    return Response(orjson.dumps(body), status, media_type="application/problem+json", headers=dict(headers or {}))


class Refusal(Exception):
    """A request that is refused; ``integracao_id`` and ``codigo`` say which record, where the request let us know."""

    def __init__(
        self, status: int, detail: str, field: str | None = None, headers: Mapping[str, str] | None = None, kind: str = "about:blank"
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detalhe = detail
        self.field = field
        self.headers = headers
        self.kind = kind
        self.integracao_id: int | None = None
        self.codigo: str | None = None

    def of(self, integracao_id: object, code: object) -> Refusal:
        """Remember the record this is about, as far as the request's own types are right."""
        if isinstance(integracao_id, int) and 0 < integracao_id < 2**31:
            self.integracao_id = integracao_id
        if isinstance(code, str) and len(code) <= 100 and code.isprintable():
            self.codigo = code
        return self

    def response(self) -> Response:
        return problem(self.status, self.detalhe, self.field, self.headers, self.kind)
