"""Command line: check De/Para files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.model.depara import all_files, folders, ler_catalogos
from include.fusion.settings.strict_yaml import nome_do_arquivo


def main(argumentos: list[str] | None = None) -> int:
    linha = argparse.ArgumentParser(
        prog="python -m include.fusion depara",
        description="Check De/Para files.",
        epilog="example: python -m include.fusion depara validar include/settings/depara/hospital.yaml",
    )
    validar = linha.add_subparsers(dest="comando", required=True).add_parser(
        "validar",
        help="check the given files, or all of the folder",
        epilog="example: python -m include.fusion depara validar",
    )
    validar.add_argument(
        "arquivos", nargs="*", type=Path, help="default: every .yaml of include/settings/depara (or of FUSION_DEPARA), and the systems' own"
    )
    arquivos = linha.parse_args(argumentos).arquivos or all_files()
    erros = 0
    for arquivo in arquivos:
        try:
            catalogos = ler_catalogos(arquivo)
        except ConfiguracaoInvalida as erro:
            print(erro, file=sys.stderr)
            erros += 1
        else:
            print(f"{nome_do_arquivo(arquivo)}: {len(catalogos)} catálogos, {sum(len(c.codigos) for c in catalogos.values())} códigos")
    if not arquivos:
        print(f"{nome_do_arquivo(folders()[0])}: no De/Para file", file=sys.stderr)
    return 1 if erros or not arquivos else 0
