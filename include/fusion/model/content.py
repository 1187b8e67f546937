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
_NUMERO_RARO = re.compile(rb":-?(?:0\.0000|[0-9.]+e)")


Registro = Atendimento | Paciente | AgendamentoCirurgico | AplicacaoPendencia
"""What is sent: one whole record, or one pending call."""


def corpo(registro: _Base) -> dict[str, Any]:
    """JSON-ready dict in camelCase without empty fields; equal records give equal dicts."""
    return registro.model_dump(mode="json", by_alias=True, exclude_none=True)


def versao_conteudo(dados: dict[str, Any]) -> str:
    """SHA-256 (hex, 64 characters) of a body, ``atualizadoEm`` left out: an edit that changes nothing keeps it.

    Hashed is the compact JSON with sorted keys as Python's ``json`` writes it, whichever library is faster at it.
    """
    nucleo = {k: v for k, v in dados.items() if k != "atualizadoEm"}
    texto = orjson.dumps(nucleo, option=orjson.OPT_SORT_KEYS)
    if _NUMERO_RARO.search(texto):
        texto = json.dumps(nucleo, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(texto).hexdigest()


def pacote(registro: Registro) -> tuple[bytes, str]:
    """JSON text of :func:`corpo` and its :func:`versao_conteudo`, without the dicts in between."""
    texto = registro.model_dump_json(by_alias=True, exclude_none=True, exclude={"atualizado_em"}).encode()
    versao = versao_conteudo(orjson.loads(texto)) if _NUMERO_RARO.search(texto) else hashlib.sha256(texto).hexdigest()
    if isinstance(registro, Atendimento) and registro.atualizado_em is not None:
        texto = b'{"atualizadoEm":"%s",' % registro.atualizado_em.isoformat().encode() + texto[1:]
    return texto, versao
