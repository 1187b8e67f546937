"""``python -m tests.mutants``: does somebody notice? Each mutant is applied alone in a copy of the repository, and the quick tests run there.

First the standard case that it names (``tests/conformance``), where it names one; if that stays green, the unit tests of its room, then all of
``tests/unit`` and the standard cases of its system. A run that is stopped goes on where it was: what was found is kept in ``.bench/mutants.json`` until the mutant or the code
changes. The exit code is 1 when less than 90 % were noticed, or when a standard case noticed none (both only of a whole run).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.mutants.catalog import ROOT, Mutant, mutants

KEPT = ROOT / ".bench" / "mutants.json"
OWN_TEST = "tests/unit/house/test_mutants.py"
NOTICED_MIN = 0.9
TIME_LIMIT = 1800.0
"""Seconds for one run of pytest: a mutant that hangs is noticed."""


def code_digest() -> str:
    """Of everything that a run depends on."""
    digest = hashlib.sha256()
    for folder in ("include", "plugins", "sandbox", "tests/unit", "tests/conformance", "tests/systems", "tests/fixtures"):
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in (".py", ".sql", ".toml", ".yaml", ".json"):
                digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def copy() -> Iterator[Path]:
    """A copy of what Git knows or would add, so nothing that was compiled: a mutant must not meet bytecode of the code before."""
    folder = Path(tempfile.mkdtemp(prefix="fusion-mutants-"))
    git = subprocess.run(("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"), cwd=ROOT, capture_output=True, check=True)
    try:
        for name in filter(None, git.stdout.decode().split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def pytest(root: Path, *arguments: str) -> tuple[bool, str]:
    """(whether all passed, the line that says which failed). ``RuntimeError``: no test ran."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(root), str(root / "plugins"))), "PYTHONDONTWRITEBYTECODE": "1"}
    # The list's own test would notice every mutant: its text is then no longer there.
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:rerunfailures",
        "--no-header",
        f"--ignore={OWN_TEST}",
        *arguments,
    ]
    # A session of its own: whatever servers a test leaves behind can be ended with it.
    running = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)  # fmt: skip
    try:
        out, _ = running.communicate(timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        return False, f"no end within {TIME_LIMIT:.0f} s"
    except BaseException:
        running.terminate()
        raise
    if running.returncode == 5:
        raise RuntimeError(f"no test was run: {' '.join(arguments)}")
    # A test's own failure before an error of its end.
    failed = sorted((line for line in out.splitlines() if line.startswith(("FAILED", "ERROR"))), key=lambda line: line.startswith("ERROR"))
    return running.returncode == 0, failed[0].split(" - ")[0] if failed else out.strip().splitlines()[-1]


def noticed_by(mutant: Mutant, root: Path) -> tuple[str, str]:
    """(standard case that noticed it, test that noticed it); both empty when it survived."""
    before = mutant.apply(root)
    try:
        if mutant.case:
            passed, said = pytest(root, f"{mutant.test}", "-k", f"test_{mutant.case}")
            if not passed:
                # An error before the case began is noticed, but not by the case.
                return mutant.case if said.startswith("FAILED") else "", said
        for tests in ([mutant.near] if (root / mutant.near).is_dir() else [], ["tests/unit", *([mutant.test] if mutant.system else [])]):
            passed, said = pytest(root, *tests) if tests else (True, "")
            if not passed:
                return "", said
        return "", ""
    finally:
        (root / mutant.file).write_text(before, encoding="utf-8")


def stands(root: Path, chosen: Sequence[Mutant]) -> bool:
    """Whether the tests pass without a mutant: else they would notice anything."""
    files = sorted({m.test for m in chosen if m.system})
    passed, said = pytest(root, "tests/unit", *files)
    if not passed:
        print(f"without a mutant, the tests fail already: {said}", flush=True)
    return passed


def report(chosen: Sequence[Mutant], found: dict[str, Any], whole: bool) -> int:
    survived = [m for m in chosen if not found[m.name]["by"]]
    share = 1 - len(survived) / len(chosen)
    print(f"\n{len(chosen) - len(survived)} of {len(chosen)} mutants noticed ({share:.0%})")
    for m in survived:
        print(f"  survived: {m.name}: {m.breaks} ({m.file})")
    silent: list[str] = []
    if whole:
        from tests.conformance import SystemSuite

        cases = {name.removeprefix("test_") for name in dir(SystemSuite) if name.startswith("test_")}
        silent = sorted(cases - {found[m.name]["case"] for m in chosen})
        print(f"{len(cases) - len(silent)} of {len(cases)} standard cases noticed one" + "".join(f"\n  none: {case}" for case in silent))
    return int(share < NOTICED_MIN or bool(silent))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument(
        "--only", action="append", default=[], metavar="TEXT", help="mutants with this in their name, file or case (repeatable)"
    )
    parser.add_argument("--again", action="store_true", help="run also those whose outcome is kept")
    parser.add_argument("--list", action="store_true", help="only list them")
    parser.add_argument("--unchecked", action="store_true", help="do not first run the tests without a mutant")
    args = parser.parse_args()
    chosen = [m for m in mutants() if not args.only or any(text in f"{m.name} {m.file} {m.case}" for text in args.only)]
    if args.list or not chosen:
        print("\n".join(f"{m.name:<32} {m.breaks}" for m in chosen) or "no such mutant")
        return int(not chosen)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that a copy and its tests do not stay behind.
    code = code_digest()
    kept: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() and not args.again else {}
    found = {m.name: kept[m.name] for m in chosen if kept.get(m.name, {}).get("of") == [code, m.digest]}
    with copy() as root:
        if len(found) < len(chosen) and not args.unchecked and not stands(root, [m for m in chosen if m.name not in found]):
            return 1
        for number, m in enumerate(chosen, 1):
            start = time.monotonic()
            if m.name not in found:
                case, by = noticed_by(m, root)
                found[m.name] = {"of": [code, m.digest], "case": case, "by": by}
                kept[m.name] = found[m.name]
                KEPT.parent.mkdir(exist_ok=True)
                KEPT.write_text(json.dumps(kept, indent=1), encoding="utf-8")
            by = found[m.name]["by"]
            print(
                f"[{number:>2}/{len(chosen)}] {m.name:<32} {'noticed by ' + by if by else 'SURVIVED'} ({time.monotonic() - start:.0f} s)",
                flush=True,
            )
    return report(chosen, found, whole=not args.only)


if __name__ == "__main__":
    sys.exit(main())
