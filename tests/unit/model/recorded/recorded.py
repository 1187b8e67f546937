"""What was recorded of one system: source rows as the reader gave them, and the content that was made of them.

``<system>.json`` holds ``settings`` (the installation's entry, under the names of integracoes.yaml), ``variants`` (name → settings that
replace some of these), ``columns`` (entity → kind of rows → column names) and ``records``: entity, key, ``rows`` (kind → rows, each a list
of values in the order of ``columns``), ``content`` (what ``engine.content`` says of them) and ``variants`` (name → digest of what it says
with that variant's settings). A value for which JSON has no type is an object with its type as the only key: ``datetime``, ``date``,
``time`` (ISO 8601), ``Decimal`` and ``UUID`` (as written), ``bytes`` (hexadecimal).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

FOLDER = Path(__file__).parent
FIELDS = FOLDER.with_name("fields.json")
"""Class of the canonical model → names of its fields, in order."""
Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Kind of rows → rows, as a mapping takes them."""

_READ = {
    "datetime": datetime.fromisoformat, "date": date.fromisoformat, "time": time.fromisoformat, "Decimal": Decimal, "UUID": UUID,
    "bytes": bytes.fromhex,
}  # fmt: skip


def encoded(value: Any) -> Any:
    """A source's value as JSON; ``TypeError`` for a type that no driver gave so far."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes | memoryview):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, datetime | date | time):
        return {type(value).__name__: value.isoformat()}
    if isinstance(value, Decimal | UUID):
        return {type(value).__name__: str(value)}
    raise TypeError(type(value).__name__)


def decoded(value: Any) -> Any:
    """The value that :func:`encoded` took apart."""
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    return _READ[kind](text)


def digest(outcome: Any) -> str:
    """SHA-256 (hex) of plain JSON data."""
    return hashlib.sha256(json.dumps(outcome, sort_keys=True).encode()).hexdigest()


class Recording:
    """One system's file."""

    def __init__(self, system: str, data: dict[str, Any]) -> None:
        self.system = system
        self.settings: dict[str, Any] = data["settings"]
        self.variants: dict[str, dict[str, Any]] = data["variants"]
        self.columns: dict[str, dict[str, list[str]]] = data["columns"]
        self.records: list[dict[str, Any]] = data["records"]

    @classmethod
    def read(cls, system: str) -> Recording:
        return cls(system, json.loads((FOLDER / f"{system}.json").read_text(encoding="utf-8")))

    def rows(self, record: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
        """Rows of one of ``records``, typed again."""
        columns = self.columns[record["entity"]]
        return {kind: [dict(zip(columns[kind], map(decoded, row), strict=True)) for row in rows] for kind, rows in record["rows"].items()}

    def write(self) -> None:
        """One line per record, so that a difference shows which."""
        head = {name: getattr(self, name) for name in ("settings", "variants", "columns")}
        lines = ",\n".join(_compact(record) for record in self.records)
        text = f'{_compact(head)[:-1]},\n"records":[\n{lines}\n]}}\n'
        (FOLDER / f"{self.system}.json").write_text(text, encoding="utf-8")


def recorded_systems() -> list[str]:
    return sorted(file.stem for file in FOLDER.glob("*.json"))


def _compact(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
