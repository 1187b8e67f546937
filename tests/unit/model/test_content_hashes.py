"""What is sent of the recorded rows is, hash for hash, what was sent when they were recorded: other content is sent anew to every Fusion.

A deliberate change is recorded by ``python -m tests.unit.model.recorded.record``.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.model.recorded.engine import content, model_fields
from tests.unit.model.recorded.recorded import FIELDS, Recording, digest, recorded_systems


@pytest.mark.parametrize("system", recorded_systems())
def test_what_is_sent_is_what_was_recorded(system: str) -> None:
    recording = Recording.read(system)
    differ = [name for record in recording.records for name in _differences(recording, record)]
    assert not differ, f"{len(differ)} differ:\n" + "\n".join(differ)


def _differences(recording: Recording, record: dict[str, Any]) -> Iterator[str]:
    """Entity, key and variant of what is not as recorded; never a value of the record."""
    name, rows = f"{recording.system} {record['entity']} {record['key']}", recording.rows(record)
    expected = {"": digest(record["content"]), **record["variants"]}
    for variant, settings in {"": {}, **recording.variants}.items():
        try:
            same = digest(content(record["entity"], recording.settings | settings, rows)) == expected[variant]
            why = ""
        except Exception as error:  # Its message, and what pytest shows around it, may hold a value.
            last = traceback.extract_tb(error.__traceback__)[-1]
            same, why = False, f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"
        if not same:
            yield " ".join(filter(None, (name, variant, why)))


def test_the_fields_of_the_canonical_model_keep_their_order() -> None:
    recorded = json.loads(FIELDS.read_text(encoding="utf-8"))
    assert {model: list(fields) for model, fields in model_fields().items()} == recorded
