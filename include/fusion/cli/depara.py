"""Command ``depara``: checks De/Para files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from include.fusion.errors import InvalidConfiguration
from include.fusion.model.depara import all_files, folders, read_catalogs
from include.fusion.settings.strict_yaml import file_name


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m include.fusion depara",
        description="Check De/Para files.",
        epilog="example: python -m include.fusion depara validar include/settings/depara/hospital.yaml",
    )
    validate = parser.add_subparsers(dest="command", required=True).add_parser(
        "validar", help="check the given files, or all of the folder", epilog="example: python -m include.fusion depara validar"
    )
    validate.add_argument(
        "arquivos", nargs="*", type=Path, help="default: every .yaml of include/settings/depara (or of FUSION_DEPARA), and the systems' own"
    )
    files = parser.parse_args(arguments).arquivos or all_files()
    errors = 0
    for file in files:
        try:
            catalogs = read_catalogs(file)
        except InvalidConfiguration as error:
            print(error, file=sys.stderr)
            errors += 1
        else:
            print(f"{file_name(file)}: {len(catalogs)} catálogos, {sum(len(c.codigos) for c in catalogs.values())} códigos")
    if not files:
        print(f"{file_name(folders()[0])}: no De/Para file", file=sys.stderr)
    return 1 if errors or not files else 0
