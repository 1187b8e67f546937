"""Write a new source system: its folder, its DAG, its entries, its test and its sandbox source. What it writes runs as it is."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from include.fusion.errors import InvalidConfiguration
from sandbox.scaffold.entries import entries
from sandbox.scaffold.names import wrong_name
from sandbox.scaffold.render import render
from sandbox.scaffold.tables import EXAMPLE, read_product
from sandbox.stack.estado import ROOT

NEXT = """
It runs as it is, on invented data:
  make lint
  make test T="tests/unit tests/dags tests/conformance/test_{name}.py"

For the real product, in this order (docs/nova-integracao.md):
  1. include/fusion/sistemas/{name}/sql/          what the tables alone do not say: a join, a filter
  2. include/fusion/sistemas/{name}/depara.yaml   the product's codes
  3. include/fusion/sistemas/{name}/system.py     rules of the product, fields that more than one column fills
  4. include/fusion/sistemas/{name}/README.md     since which version, and what does not travel
  5. sandbox/origens/{name}/__init__.py           what is odd in the product's data, so that the test has it, too
A hospital that has it needs an entry like that of examples/integracoes.yaml in include/settings/integracoes.yaml, and the connection.
"""


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.scaffold",
        description=__doc__,
        epilog=f"example: make new-system NAME=homecare TABLES=homecare.toml; {EXAMPLE.relative_to(ROOT)} is such a file, to be copied",
    )
    parser.add_argument("name", metavar="NAME", help="the product, as folder, DAG, schema and connection are called: homecare")
    parser.add_argument("--tables", type=Path, default=EXAMPLE, metavar="FILE", help="the product's tables (default: invented ones)")
    parser.add_argument("--title", default="", help='as people read it, such as "Home Care" (default: the words of NAME)')
    args = parser.parse_args(arguments)
    if reason := wrong_name(args.name, root):
        parser.exit(2, f"{parser.prog}: {reason}\n")
    try:
        product = read_product(args.name, args.tables, args.title)
    except InvalidConfiguration as error:
        parser.exit(2, f"{error}\n")
    files = render(product)
    if there := [name for name in files if (root / name).exists()]:
        parser.exit(2, f"{parser.prog}: exists already: {', '.join(there)}\n")
    changed = entries(product, root)
    for name, text in {**files, **changed}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    _tidy([root / name for name in files if name.endswith(".py")], root)
    for name in files:
        print(f"  {name}")
    print(f"{len(files)} files; an entry each in {', '.join(changed)}")
    print(NEXT.format(name=args.name), end="")
    return 0


def _tidy(files: Sequence[Path], root: Path) -> None:
    """Imports that these tables need, and the house's line breaks: a template has them for all tables there may be."""
    for options in (("check", "--quiet", "--fix", "--select", "F401,I"), ("format", "--quiet")):
        subprocess.run([sys.executable, "-m", "ruff", *options, *map(str, files)], cwd=root, check=True)


if __name__ == "__main__":
    sys.exit(main())
