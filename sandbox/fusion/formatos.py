"""Formats of the contract, written from their public rules and apart from the hub's own checks."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

_UPPER_CASE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGITS = frozenset("0123456789")


def _digits_of(text: str, size: int) -> list[int] | None:
    return [int(c) for c in text] if len(text) == size and _DIGITS.issuperset(text) else None


# A professional's documents occur again and again in one attendance: the cache saves most of the work.
@lru_cache(maxsize=65536)
def cpf(text: str) -> bool:
    d = _digits_of(text, 11)
    if d is None or len(set(d)) == 1:
        return False
    for n in (9, 10):
        total = sum(x * (n + 1 - i) for i, x in enumerate(d[:n]))
        if (total * 10 % 11) % 10 != d[n]:
            return False
    return True


@lru_cache(maxsize=65536)
def cns(text: str) -> bool:
    d = _digits_of(text, 15)
    return d is not None and d[0] in (1, 2, 7, 8, 9) and sum(x * p for x, p in zip(d, range(15, 0, -1), strict=True)) % 11 == 0


@lru_cache(maxsize=65536)
def cid10(text: str) -> bool:
    category, checkpoint, sub = text.partition(".")
    if len(category) != 3 or category[0] not in _UPPER_CASE or not _DIGITS.issuperset(category[1:]):
        return False
    return len(sub) in (1, 2) and (_DIGITS | _UPPER_CASE).issuperset(sub) if checkpoint else True


FORMATS: dict[str, Callable[..., bool]] = {"cpf": cpf, "cns": cns, "cid10": cid10}
