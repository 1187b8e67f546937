"""Command line: ``check`` explains what is wrong with HL7 v2 messages."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from include.fusion.hl7.build.profile import VERSOES
from include.fusion.hl7.check.check import conferir
from include.fusion.hl7.wire.batch_file import abrir
from include.fusion.hl7.wire.escapes import CHARSETS
from include.fusion.hl7.wire.finding import Achado


def _linha(a: Achado, numero: int | None, mostrar: bool) -> str:
    onde = " ".join(p for p in (f"mensagem {numero}," if numero else "", f"linha {a.linha}," if a.linha else "", a.onde) if p)
    valor = f" [{a.valor[:80]!r}]" if mostrar and a.valor else ""
    return f"{a.nivel}: {onde}: {a.texto}{valor}"


def check(arquivo: Path, versao: str | None, charset: str | None, mostrar: bool) -> int:
    """Print every finding, then a summary; 1 when there is an error."""
    try:
        bruto = sys.stdin.buffer.read() if str(arquivo) == "-" else arquivo.read_bytes()
    except OSError as erro:
        print(f"{arquivo}: {erro.strerror}", file=sys.stderr)
        return 2
    aberto = abrir(bruto)
    varias = len(aberto.mensagens) > 1
    achados: list[tuple[int | None, Achado]] = [(None, a) for a in aberto.achados]
    for n, mensagem in enumerate(aberto.mensagens, 1):
        achados += [(n if varias else None, a) for a in conferir(mensagem, versao, charset)]
    for numero, achado in achados:
        print(_linha(achado, numero, mostrar))
    erros = sum(a.nivel == "erro" for _, a in achados)
    quantas = len(aberto.mensagens)
    print(f"{quantas} {'mensagem' if quantas == 1 else 'mensagens'}, {erros} erro(s), {len(achados) - erros} aviso(s)")
    return 1 if erros else 0


def main(argumentos: list[str] | None = None) -> int:
    linha = argparse.ArgumentParser(prog="python -m include.fusion hl7", description="Read and check HL7 v2 messages.")
    comando = linha.add_subparsers(dest="comando", required=True).add_parser(
        "check",
        help="explain what is wrong with the messages of a file",
        description="Checks structure, required fields, data types, code tables, lengths, character set, segment ends and batch counts.",
        epilog="exit code: 0 no error, 1 errors, 2 the file cannot be read. Findings name positions, never values, unless --show-values is given.",
    )
    comando.add_argument(
        "arquivo", type=Path, metavar="FILE", help="one message, several, MLLP frames or a batch (FHS/BHS); - reads standard input"
    )
    comando.add_argument("--version", choices=VERSOES, dest="versao", help="check against this version whatever MSH-12 says")
    comando.add_argument("--charset", choices=tuple(CHARSETS), help="read the bytes by this character set whatever MSH-18 says")
    comando.add_argument("--show-values", action="store_true", dest="mostrar", help="quote the values at fault: they may be patient data")
    args = linha.parse_args(argumentos)
    return check(args.arquivo, args.versao, args.charset, args.mostrar)
