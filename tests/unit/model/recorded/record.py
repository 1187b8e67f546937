"""Recorder of what ``test_content_hashes`` compares with.

After a deliberate change of content, ``python -m tests.unit.model.recorded.record`` writes anew what today's code makes of the rows on record.
``--rows SYSTEM ...`` takes new rows from the sandbox's sources first, which is only needed when what is read changes.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sandbox.postgres import Postgres
from tests.unit.model.recorded.engine import content, model_fields
from tests.unit.model.recorded.platform_rows import KEEP, VARIANTS, platform_candidates
from tests.unit.model.recorded.recorded import FIELDS, Recording, digest, encoded, recorded_systems
from tests.unit.model.recorded.sources import SOURCES, Candidate, candidates, entry

LONGEST = 11_000
"""Characters of the rows of one record that may be kept."""
CODES = 25
"""A column with at most this many values is one of codes."""
_SHAPES = re.compile(r"<|\{\\rtf|[\x00-\x09\x0b-\x1f\x7f-\x9f]|[^\x00-\xff]")


def record_hashes(recording: Recording) -> None:
    """What today's code makes of the rows on record."""
    for record in recording.records:
        rows = recording.rows(record)
        record["content"] = content(record["entity"], recording.settings, rows)
        record["variants"] = {
            name: digest(content(record["entity"], recording.settings | other, rows)) for name, other in recording.variants.items()
        }
    recording.write()


def record_rows(system: str, postgres: Postgres) -> Recording:
    """Rows of a varied choice of the source's records, without hashes yet."""
    fhir = system == "fhir"
    settings, variants, keep = ({}, VARIANTS, KEEP) if fhir else (entry(system), SOURCES[system].variants, SOURCES[system].keep)
    groups: defaultdict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for candidate in platform_candidates(postgres) if fhir else candidates(postgres, system):
        # Refused however the installation is set up: nothing is sent of it.
        if any(content(candidate.entity, settings | other, candidate.rows) is not None for other in ({}, *variants.values())):
            groups[candidate.entity, candidate.key.rpartition(" ")[0]].append(candidate)
    columns: dict[str, dict[str, list[str]]] = {}
    records = []
    for (entity, _), found in groups.items():
        for candidate in choose(found, keep[entity]):
            known = columns.setdefault(entity, {})
            for kind, rows in candidate.rows.items():
                if any(list(row) != known.setdefault(kind, list(row)) for row in rows):
                    raise ValueError(f"{system}: rows of {kind} differ in their columns")
            records.append({"entity": entity, "key": candidate.key, "rows": _plain(candidate)})
    return Recording(system, {"settings": settings, "variants": variants, "columns": columns, "records": records})


def choose(candidates: Sequence[Candidate], count: int) -> list[Candidate]:
    """The odd ones, and ``count`` that show most of what these do not: every code, every set of columns without a value, odd texts."""
    lengths = {n: len(json.dumps(_plain(c), ensure_ascii=False)) for n, c in enumerate(candidates)}
    left = {n: candidates[n] for n, length in lengths.items() if length < LONGEST}
    values: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for candidate in left.values():
        for kind, column, value in _cells(candidate):
            values[kind, column].add(repr(value))
    shown = {n: set(_traits(c, values)) for n, c in left.items()}
    chosen = [n for n, c in left.items() if c.odd]
    seen = set().union(*(shown[n] for n in chosen))
    for _ in range(min(count, len(left) - len(chosen))):
        best = max((n for n in left if n not in chosen), key=lambda n: len(shown[n] - seen) / lengths[n] ** 0.3)
        chosen.append(best)
        seen |= shown[best]
    return [left[n] for n in sorted(chosen)]


def _traits(candidate: Candidate, values: dict[tuple[str, str], set[str]]) -> Iterator[Any]:
    for kind, rows in candidate.rows.items():
        yield kind, min(len(rows), 2)
        yield from ((kind, tuple(value is None for value in row.values())) for row in rows)
    for kind, column, value in _cells(candidate):
        yield kind, column, repr(value) if len(values[kind, column]) <= CODES else type(value)
        if isinstance(value, str):
            yield from ((kind, column, shape) for shape in _SHAPES.findall(value))


def _cells(candidate: Candidate) -> Iterator[tuple[str, str, Any]]:
    return ((kind, column, value) for kind, rows in candidate.rows.items() for row in rows for column, value in row.items())


def _plain(candidate: Candidate) -> dict[str, list[list[Any]]]:
    return {kind: [list(map(encoded, row.values())) for row in rows] for kind, rows in candidate.rows.items()}


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m tests.unit.model.recorded.record", description=__doc__)
    arguments.add_argument("--rows", nargs="+", default=[], choices=[*SOURCES, "fhir"], metavar="SYSTEM", help="systems to read anew")
    anew = arguments.parse_args().rows
    if anew:
        with tempfile.TemporaryDirectory() as folder:
            postgres = Postgres(Path(folder) / "postgres").start_run()
            try:
                for system in anew:
                    record_rows(system, postgres).write()
            finally:
                postgres.delete()
    for system in recorded_systems():
        record_hashes(Recording.read(system))
    FIELDS.write_text(json.dumps(model_fields(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
