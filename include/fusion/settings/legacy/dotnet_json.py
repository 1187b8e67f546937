"""JSON as .NET's configuration reads it."""

from __future__ import annotations

import json
import re
from typing import Any

from include.fusion.errors import ConfiguracaoInvalida


def ler_json(texto: str, nome: str) -> dict[str, Any]:
    """Byte-order mark, comments and trailing commas allowed, a repeated key is not."""
    # Strings first in each alternation, so that what looks like a comment inside one stays.
    sem_comentarios = re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', lambda m: m[1] or " ", texto.lstrip("\ufeff"), flags=re.DOTALL)
    limpo = re.sub(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', lambda m: m[1] or "", sem_comentarios, flags=re.DOTALL)

    def sem_repeticao(pares: list[tuple[str, Any]]) -> dict[str, Any]:
        vistos: set[str] = set()
        for chave, _ in pares:
            if chave.lower() in vistos:
                raise ConfiguracaoInvalida(f"{nome}: key {chave!r} appears twice (case does not count)")
            vistos.add(chave.lower())
        return dict(pares)

    try:
        dados = json.loads(limpo, object_pairs_hook=sem_repeticao)
    except json.JSONDecodeError as erro:
        raise ConfiguracaoInvalida(f"{nome}: not valid JSON near line {erro.lineno}: {erro.msg}") from None
    if not isinstance(dados, dict):
        raise ConfiguracaoInvalida(f"{nome}: expected a JSON object")
    return dados
