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

from tests.bench.apoio import Medida

RAIZ = Path(__file__).resolve().parents[2]
RESULTADOS = RAIZ / ".bench" / "results.json"
ORDEM = ("parse", "filas", "hl7", "entrega", "mv", "fhir_busca", "fhir", "retrato", "sincronia", "ocioso", "latencia", "carga_inicial")
CURTO = {"quantos": 20_000}
"""Arguments that make a benchmark short, by the name of its parameter; one with ``rapido`` knows by itself."""


def nomes() -> list[str]:
    """Benchmarks that are there, quick ones first."""
    achados = {arquivo.stem.removeprefix("bench_") for arquivo in Path(__file__).parent.glob("bench_*.py")}
    return sorted(achados, key=lambda nome: (ORDEM.index(nome) if nome in ORDEM else len(ORDEM), nome))


def modulo(nome: str) -> ModuleType:
    return importlib.import_module(f"tests.bench.bench_{nome}")


def medir(nome: str, rapido: bool) -> list[Medida]:
    """Run one benchmark; one that fails is a result too."""
    run = modulo(nome).run
    opcoes: dict[str, Any] = {}
    if rapido:
        aceitas = inspect.signature(run).parameters
        opcoes = {"rapido": True} if "rapido" in aceitas else {k: v for k, v in CURTO.items() if k in aceitas}
    try:
        medidas: list[Medida] = run(**opcoes)
    except Exception as erro:
        print(f"{nome} failed: {type(erro).__name__}: {erro}", file=sys.stderr, flush=True)
        texto = f"did not finish: {type(erro).__name__}"
        medidas = [{"name": f"{nome}: benchmark", "value": None, "unit": "", "goal": "runs", "met": False, "conditions": texto}]
    for m in medidas:
        m["benchmark"] = nome
        if rapido:
            m["conditions"] = f"SHORT VERSION; {m['conditions']}"
    return medidas


def guardar(novas: list[Medida], nome: str) -> None:
    """Replace this benchmark's figures, keep the others'."""
    antigas = json.loads(RESULTADOS.read_text()) if RESULTADOS.exists() else []
    todas = [m for m in antigas if m.get("benchmark") != nome] + novas
    todas.sort(key=lambda m: nomes().index(m["benchmark"]) if m.get("benchmark") in nomes() else 99)
    RESULTADOS.parent.mkdir(exist_ok=True)
    parcial = RESULTADOS.with_suffix(f".{os.getpid()}")
    parcial.write_text(json.dumps(todas, indent=2, ensure_ascii=False) + "\n")
    parcial.replace(RESULTADOS)


def linha(m: Medida) -> str:
    valor = "-" if m["value"] is None else f"{m['value']:,.3f}".rstrip("0").rstrip(".")
    veredito = "" if m["met"] is None else "ok" if m["met"] else "MISSED"
    return f"{m['name']:72} {valor:>12} {m['unit']:11} {m['goal'] or '':>12}  {veredito}"


SINAIS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _parar(*_: object) -> None:
    # While everything is being stopped, a second ctrl-C must not leave half of it running.
    for sinal in SINAIS:
        signal.signal(sinal, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("nomes", nargs="*", metavar="name", help="benchmarks to run (default: all); see --list")
    parser.add_argument("--list", action="store_true", dest="listar", help="name the benchmarks and end")
    parser.add_argument("--rapido", action="store_true", help="short versions: they show that it works, their figures are rough")
    args = parser.parse_args()
    if args.listar:
        for nome in nomes():
            print(f"{nome:15} {(modulo(nome).__doc__ or '').strip().splitlines()[0]}")
        return 0
    if estranhos := set(args.nomes) - set(nomes()):
        parser.error(f"no benchmark named {', '.join(sorted(estranhos))}; there are {', '.join(nomes())}")
    for sinal in SINAIS:
        signal.signal(sinal, _parar)
    feitas: list[Medida] = []
    try:
        for nome in args.nomes or nomes():
            inicio = time.monotonic()
            print(f"== {nome}", flush=True)
            medidas = medir(nome, args.rapido)
            guardar(medidas, nome)
            feitas += medidas
            for m in medidas:
                print(f"  {linha(m)}\n      {m['conditions']}", flush=True)
            print(f"  ({time.monotonic() - inicio:.0f} s)", flush=True)
    except KeyboardInterrupt:
        print("interrupted: everything that was started is stopped", flush=True)
        return 130
    print("\n" + "\n".join(map(linha, feitas)))
    print(f"\n{RESULTADOS.relative_to(RAIZ)} holds all figures with their conditions")
    return int(any(m["met"] is False for m in feitas))


if __name__ == "__main__":
    sys.exit(main())
