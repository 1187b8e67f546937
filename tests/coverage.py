"""``pytest -p tests.coverage``: how much of each room the tests run, lines and branches; the run fails below ``AT_LEAST``.

A room is a folder of the engine, a system or a package of the plugins. Only what ran in the tests' own processes counts: what the processes
of a stack run, end-to-end tests see and this table does not. SlipCover marks code as it is imported and takes each mark away once it was
passed, so tests stay as quick as they are; tracing every line (coverage.py on Python 3.11) doubles the time of those that compute.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import defaultdict
from pathlib import Path, PurePath
from typing import Any

import pytest
from slipcover import Slipcover, merge_coverage
from slipcover.importer import FileMatcher, ImportManager

AT_LEAST = 80.0
"""Share (%) of lines and branches that must have run, over all rooms."""
_FOLDER = "FUSION_TESTS_COVERAGE"
"""Environment variable: where each process of a run leaves what it saw."""
_SOURCE = ["include/fusion", "plugins/fusion_airflow"]
_seen = Slipcover(branch=True, source=_SOURCE, exclude_also=[r"^\s*if TYPE_CHECKING:", r"^\s*@abstractmethod", r"\.\.\.$"])
_ROWS = pytest.StashKey[list[str]]()


def room_of(path: PurePath) -> str:
    """``store``, ``sistemas/mv``, ``plugins/hooks``: the folder below the engine or the plugins; ``fusion`` and ``plugins`` for files above."""
    top, *folders = ("fusion" if path.parts[0] == "include" else "plugins", *path.parts[2:-1])
    depth = 2 if folders[:1] == ["sistemas"] else 1
    return "/".join(folders[:depth] if folders and top == "fusion" else [top, *folders[:depth]])


def _counts(file: dict[str, Any]) -> tuple[int, int, int]:
    """(lines, branches, how many of both ran)"""
    ran, missed = ([len(file[f"{what}_{kind}"]) for kind in ("lines", "branches")] for what in ("executed", "missing"))
    return ran[0] + missed[0], ran[1] + missed[1], sum(ran)


def table(files: dict[str, dict[str, Any]]) -> tuple[list[str], float]:
    """Rows to print, and the share (%) of all rooms. ``files``: path → what ran of it and what did not."""
    rooms: defaultdict[str, dict[str, tuple[int, int, int]]] = defaultdict(dict)
    for name, file in files.items():
        counts = _counts(file)
        if counts[0]:
            path = PurePath(name)
            rooms[room_of(path)][path.name] = counts
    rows = [f"{'room':<32}{'lines':>7}{'branches':>10}{'ran':>9}   least"]
    for room, its in sorted(rooms.items()):
        least = min(its, key=lambda name: _share(its[name]))
        note = f"{least} {_share(its[least]):.0f} %" if len(its) > 1 and _share(its[least]) < 100 else ""
        rows.append(_row(room, list(its.values()), note))
    everything = [counts for its in rooms.values() for counts in its.values()]
    return [*rows, _row("all", everything, f"at least {AT_LEAST:g} %")], _share(_sum(everything))


def _sum(counts: list[tuple[int, int, int]]) -> tuple[int, int, int]:
    lines, branches, ran = (sum(column) for column in zip(*counts, strict=True))
    return lines, branches, ran


def _share(counts: tuple[int, int, int]) -> float:
    lines, branches, ran = counts
    return 100 * ran / (lines + branches)


def _row(name: str, counts: list[tuple[int, int, int]], note: str) -> str:
    total = _sum(counts)
    return f"{name:<32}{total[0]:>7}{total[1]:>10}{_share(total):>7.1f} %   {note}".rstrip()


# At import, which -p does before conftest.py is read: what conftest.py imports must be marked, too.
ImportManager(_seen, FileMatcher(_SOURCE)).__enter__()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[_FOLDER] = tempfile.mkdtemp(prefix="fusion-coverage-")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Each process leaves what it saw; the first one, which ends last, adds it up."""
    folder = Path(os.environ[_FOLDER])
    (folder / f"{os.getpid()}.json").write_text(json.dumps(_seen.get_coverage()), encoding="utf-8")
    if hasattr(session.config, "workerinput"):
        return
    total: dict[str, Any] = {}
    for part in folder.iterdir():
        seen = json.loads(part.read_text(encoding="utf-8"))
        total = merge_coverage(total, seen) if total else seen
        part.unlink()
    folder.rmdir()
    rows, share = table(total["files"])
    session.config.stash[_ROWS] = rows
    if share < AT_LEAST and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.section("coverage by room")
    for row in config.stash[_ROWS]:
        terminalreporter.write_line(row)
