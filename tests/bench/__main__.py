"""Measure what the hub promises: ``python -m tests.bench [name ...]``.

Prints each figure as it comes and a table at the end, and keeps all in ``.bench/results.json``: a list of {name, value, unit, goal, met,
conditions}, in which figures of benchmarks that did not run this time stay as they were. Exit code 1 when a goal was missed.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from tests import ROOT
from tests.bench.helpers import Measure

OUTCOMES = ROOT / ".bench" / "results.json"
ORDER = (
    "parse",
    "filas",
    "hl7",
    "fhir",
    "fhir_busca",
    "entrega",
    "mv",
    "retrato",
    "conciliacao",
    "sincronia",
    "ocioso",
    "latencia",
    "carga_inicial",
)
SHORT_NAME = {"quantos": 20_000}
"""Arguments that make a benchmark short, by the name of its parameter; one with ``rapido`` knows by itself."""


def names() -> list[str]:
    """Benchmarks that are there, quick ones first."""
    found = {file.stem.removeprefix("bench_") for file in Path(__file__).parent.glob("bench_*.py")}
    return sorted(found, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))


def module(name: str) -> ModuleType:
    return importlib.import_module(f"tests.bench.bench_{name}")


def take_measure(name: str, quick: bool) -> list[Measure]:
    """Run one benchmark; one that fails is a result too."""
    run = module(name).run
    options: dict[str, Any] = {}
    if quick:
        aceitas = inspect.signature(run).parameters
        options = {"rapido": True} if "rapido" in aceitas else {k: v for k, v in SHORT_NAME.items() if k in aceitas}
    try:
        measures: list[Measure] = run(**options)
    except Exception as error:
        print(f"{name} failed: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        text = f"did not finish: {type(error).__name__}"
        measures = [{"name": f"{name}: benchmark", "value": None, "unit": "", "goal": "runs", "met": False, "conditions": text}]
    for m in measures:
        m["benchmark"] = name
        if quick:
            m["conditions"] = f"SHORT VERSION; {m['conditions']}"
    return measures


def store(new: list[Measure], name: str) -> None:
    """Replace this benchmark's figures, keep the others'."""
    old_names = json.loads(OUTCOMES.read_text()) if OUTCOMES.exists() else []
    all_of_them = [m for m in old_names if m.get("benchmark") != name] + new
    all_of_them.sort(key=lambda m: names().index(m["benchmark"]) if m.get("benchmark") in names() else 99)
    OUTCOMES.parent.mkdir(exist_ok=True)
    partial = OUTCOMES.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps(all_of_them, indent=2, ensure_ascii=False) + "\n")
    partial.replace(OUTCOMES)


def row(m: Measure) -> str:
    value = "-" if m["value"] is None else f"{m['value']:,.3f}".rstrip("0").rstrip(".")
    veredito = "" if m["met"] is None else "ok" if m["met"] else "MISSED"
    return f"{m['name']:72} {value:>12} {m['unit']:11} {m['goal'] or '':>12}  {veredito}"


SINAIS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _stop(*_: object) -> None:
    # While everything is being stopped, a second ctrl-C must not leave half of it running.
    for sinal in SINAIS:
        signal.signal(sinal, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="name", help="benchmarks to run (default: all); see --list")
    parser.add_argument("--list", action="store_true", dest="list_records", help="name the benchmarks and end")
    parser.add_argument("--rapido", action="store_true", help="short versions: they show that it works, their figures are rough")
    args = parser.parse_args()
    if args.list_records:
        for name in names():
            print(f"{name:15} {(module(name).__doc__ or '').strip().splitlines()[0]}")
        return 0
    if strange := set(args.names) - set(names()):
        parser.error(f"no benchmark named {', '.join(sorted(strange))}; there are {', '.join(names())}")
    for sinal in SINAIS:
        signal.signal(sinal, _stop)
    done: list[Measure] = []
    try:
        for name in args.names or names():
            start = time.monotonic()
            print(f"== {name}", flush=True)
            measures = take_measure(name, args.rapido)
            store(measures, name)
            done += measures
            for m in measures:
                print(f"  {row(m)}\n      {m['conditions']}", flush=True)
            print(f"  ({time.monotonic() - start:.0f} s)", flush=True)
    except KeyboardInterrupt:
        print("interrupted: everything that was started is stopped", flush=True)
        return 130
    print("\n" + "\n".join(map(row, done)))
    print(f"\n{OUTCOMES.relative_to(ROOT)} holds all figures with their conditions")
    return int(any(m["met"] is False for m in done))


if __name__ == "__main__":
    sys.exit(main())
