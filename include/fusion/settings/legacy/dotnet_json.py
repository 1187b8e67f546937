"""JSON as .NET's configuration reads it."""

from __future__ import annotations

import json
import re
from typing import Any

from include.fusion.errors import InvalidConfiguration


def read_json(text: str, name: str) -> dict[str, Any]:
    """The object in ``text``; comments, trailing commas and a byte-order mark are allowed, repeated keys are not."""
    # Strings come first in each alternation: what looks like a comment inside a string stays.
    without_comments = re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', lambda m: m[1] or " ", text.lstrip("\ufeff"), flags=re.DOTALL)
    clean = re.sub(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', lambda m: m[1] or "", without_comments, flags=re.DOTALL)

    def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: set[str] = set()
        for key, _ in pairs:
            if key.lower() in seen:
                raise InvalidConfiguration(f"{name}: key {key!r} appears twice (case does not count)")
            seen.add(key.lower())
        return dict(pairs)

    try:
        data = json.loads(clean, object_pairs_hook=without_duplicates)
    except json.JSONDecodeError as error:
        raise InvalidConfiguration(f"{name}: not valid JSON near line {error.lineno}: {error.msg}") from None
    if not isinstance(data, dict):
        raise InvalidConfiguration(f"{name}: expected a JSON object")
    return data
