"""JSON text of a record, and its content hash for the ledger."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import orjson

from include.fusion.model.agenda import AgendamentoCirurgico, AplicacaoPendencia
from include.fusion.model.atendimento import Atendimento, Paciente
from include.fusion.model.types import _Base

# orjson and pydantic write these numbers differently from Python's json: 0.00001 or 1e-5 instead of 1e-05.
_RARE_NUMBER = re.compile(rb":-?(?:0\.0000|[0-9.]+e)")
Record = Atendimento | Paciente | AgendamentoCirurgico | AplicacaoPendencia
"""A record that the hub can send."""


def body(record: _Base) -> dict[str, Any]:
    """Dict for JSON: camelCase names, no empty fields. Equal records give equal dicts."""
    return record.model_dump(mode="json", by_alias=True, exclude_none=True)


def content_version(data: dict[str, Any]) -> str:
    """Content hash of a body: SHA-256 (64 hex characters), without ``atualizadoEm``, so that an edit that changes nothing keeps it.

    The hash is of compact JSON with sorted keys, exactly as Python's ``json`` writes it. orjson writes the same, but faster.
    """
    core = {k: v for k, v in data.items() if k != "atualizadoEm"}
    text = orjson.dumps(core, option=orjson.OPT_SORT_KEYS)
    if _RARE_NUMBER.search(text):
        text = json.dumps(core, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(text).hexdigest()


def package(record: Record) -> tuple[bytes, str]:
    """The same as :func:`body` and :func:`content_version`, as JSON text and hash, but faster: without the dicts in between."""
    text = record.model_dump_json(by_alias=True, exclude_none=True, exclude={"atualizado_em"}).encode()
    version = content_version(orjson.loads(text)) if _RARE_NUMBER.search(text) else hashlib.sha256(text).hexdigest()
    if isinstance(record, Atendimento) and record.atualizado_em is not None:
        text = b'{"atualizadoEm":"%s",' % record.atualizado_em.isoformat().encode() + text[1:]
    return text, version
