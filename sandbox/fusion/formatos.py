"""Formats of the contract, written from their public rules and apart from the hub's own checks."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

_MAIUSCULAS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGITOS = frozenset("0123456789")


def _so_digitos(texto: str, tamanho: int) -> list[int] | None:
    return [int(c) for c in texto] if len(texto) == tamanho and _DIGITOS.issuperset(texto) else None


# A professional's documents occur again and again in one attendance: the cache saves most of the work.
@lru_cache(maxsize=65536)
def cpf(texto: str) -> bool:
    d = _so_digitos(texto, 11)
    if d is None or len(set(d)) == 1:
        return False
    for n in (9, 10):
        soma = sum(x * (n + 1 - i) for i, x in enumerate(d[:n]))
        if (soma * 10 % 11) % 10 != d[n]:
            return False
    return True


@lru_cache(maxsize=65536)
def cns(texto: str) -> bool:
    d = _so_digitos(texto, 15)
    return d is not None and d[0] in (1, 2, 7, 8, 9) and sum(x * p for x, p in zip(d, range(15, 0, -1), strict=True)) % 11 == 0


@lru_cache(maxsize=65536)
def cid10(texto: str) -> bool:
    categoria, ponto, sub = texto.partition(".")
    if len(categoria) != 3 or categoria[0] not in _MAIUSCULAS or not _DIGITOS.issuperset(categoria[1:]):
        return False
    return len(sub) in (1, 2) and (_DIGITOS | _MAIUSCULAS).issuperset(sub) if ponto else True


FORMATOS: dict[str, Callable[..., bool]] = {"cpf": cpf, "cns": cns, "cid10": cid10}
