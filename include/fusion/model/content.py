"""A record as the text that travels, and the hash of its content that the ledger keeps."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import orjson

from include.fusion.model.agenda import AgendamentoCirurgico, AplicacaoPendencia
from include.fusion.model.atendimento import Atendimento, Paciente
from include.fusion.model.types import _Base

# Numbers that faster libraries write otherwise than Python's json: 0.00001 or 1e-5 for 1e-05.
_RARE_NUMBER = re.compile(rb":-?(?:0\.0000|[0-9.]+e)")


Record = Atendimento | Paciente | AgendamentoCirurgico | AplicacaoPendencia
"""What is sent: one whole record, or one pending call."""


def body(record: _Base) -> dict[str, Any]:
    """JSON-ready dict in camelCase without empty fields; equal records give equal dicts."""
    return record.model_dump(mode="json", by_alias=True, exclude_none=True)


def content_version(data: dict[str, Any]) -> str:
    """SHA-256 (hex, 64 characters) of a body, ``atualizadoEm`` left out: an edit that changes nothing keeps it.

    Hashed is the compact JSON with sorted keys as Python's ``json`` writes it, whichever library is faster at it.
    """
    core = {k: v for k, v in data.items() if k != "atualizadoEm"}
    text = orjson.dumps(core, option=orjson.OPT_SORT_KEYS)
    if _RARE_NUMBER.search(text):
        text = json.dumps(core, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(text).hexdigest()


def package(record: Record) -> tuple[bytes, str]:
    """JSON text of :func:`body` and its :func:`content_version`, without the dicts in between."""
    text = record.model_dump_json(by_alias=True, exclude_none=True, exclude={"atualizado_em"}).encode()
    version = content_version(orjson.loads(text)) if _RARE_NUMBER.search(text) else hashlib.sha256(text).hexdigest()
    if isinstance(record, Atendimento) and record.atualizado_em is not None:
        text = b'{"atualizadoEm":"%s",' % record.atualizado_em.isoformat().encode() + text[1:]
    return text, version
