"""Facts checked behind the hub's back: SQL written for the check alone, so that a fault in the project's own reader cannot hide."""

from __future__ import annotations

import re
from typing import Any

from sandbox.report.query import consultar
from sandbox.sources import sources

_FUSION = """select codigo, corpo -> 'paciente' ->> 'cpf', coalesce(jsonb_array_length(corpo -> 'prescricoes'), 0)
from registro where entidade = 'atendimento' and integracao_id = %s and not cancelado"""


def _linhas(url: str, sql: str, *valores: Any) -> dict[str, tuple[str, int]]:
    return {chave: (re.sub(r"\D", "", cpf or ""), itens) for chave, cpf, itens in consultar(url, sql, *valores)}


def conferir(sistema: str, url_origem: str, url_fusion: str, integracao_id: int, *, ignorar: set[str]) -> list[str]:
    """What differs, as counts with example keys; keys of ``ignorar`` are accounted for elsewhere."""
    if not (facts := sources()[sistema].facts):
        return [f"{sistema}: no facts to check, see sandbox/origens/{sistema}/source.toml"]
    origem = _linhas(url_origem, facts)
    fusion = _linhas(url_fusion, _FUSION, integracao_id)
    comuns = [c for c in origem if c in fusion and c not in ignorar]
    divergencias = {
        "without a record in Fusion": [c for c in origem if c not in fusion and c not in ignorar],
        "in Fusion but cancelled or gone at the source": [c for c in fusion if c not in origem and c not in ignorar],
        "with another CPF in Fusion": [c for c in comuns if origem[c][0] != fusion[c][0]],
        "with another number of prescriptions in Fusion": [c for c in comuns if origem[c][1] != fusion[c][1]],
    }
    return [f"{sistema}: {len(chaves)} {o_que} (such as {', '.join(chaves[:3])})" for o_que, chaves in divergencias.items() if chaves]
