"""Facts checked behind the hub's back: SQL written for the check alone, so that a fault in the project's own reader cannot hide."""

from __future__ import annotations

import re
from typing import Any

from sandbox.report.query import ask
from sandbox.sources import sources

_FUSION = """select codigo, corpo -> 'paciente' ->> 'cpf', coalesce(jsonb_array_length(corpo -> 'prescricoes'), 0)
from registro where entidade = 'atendimento' and integracao_id = %s and not cancelado"""


def _rows(url: str, sql: str, *values: Any) -> dict[str, tuple[str, int]]:
    return {key: (re.sub(r"\D", "", cpf or ""), items) for key, cpf, items in ask(url, sql, *values)}


def check(system: str, source_url: str, url_fusion: str, integracao_id: int, *, ignore: set[str]) -> list[str]:
    """What differs, as counts with example keys; keys of ``ignore`` are accounted for elsewhere."""
    if not (facts := sources()[system].facts):
        return [f"{system}: no facts to check, see sandbox/origens/{system}/source.toml"]
    origin = _rows(source_url, facts)
    fusion = _rows(url_fusion, _FUSION, integracao_id)
    common = [c for c in origin if c in fusion and c not in ignore]
    divergences = {
        "without a record in Fusion": [c for c in origin if c not in fusion and c not in ignore],
        "in Fusion but cancelled or gone at the source": [c for c in fusion if c not in origin and c not in ignore],
        "with another CPF in Fusion": [c for c in common if origin[c][0] != fusion[c][0]],
        "with another number of prescriptions in Fusion": [c for c in common if origin[c][1] != fusion[c][1]],
    }
    return [f"{system}: {len(keys)} {what} (such as {', '.join(keys[:3])})" for what, keys in divergences.items() if keys]
