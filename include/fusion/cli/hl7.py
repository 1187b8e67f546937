"""Command ``hl7 check``: explains what is wrong with HL7 v2 messages."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from include.fusion.hl7.build.profile import VERSIONS
from include.fusion.hl7.check.check import check_message
from include.fusion.hl7.wire.batch_file import read_file
from include.fusion.hl7.wire.escapes import CHARSETS
from include.fusion.hl7.wire.finding import Finding


def _line(f: Finding, number: int | None, show: bool) -> str:
    where = " ".join(p for p in (f"mensagem {number}," if number else "", f"linha {f.line}," if f.line else "", f.where) if p)
    value = f" [{f.valor[:80]!r}]" if show and f.valor else ""
    return f"{f.level}: {where}: {f.texto}{value}"


def check(file: Path, version: str | None, charset: str | None, show: bool) -> int:
    """Print every finding and a summary; returns the exit code."""
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        print(f"{file}: {error.strerror}", file=sys.stderr)
        return 2
    opened = read_file(raw)
    several = len(opened.mensagens) > 1
    found: list[tuple[int | None, Finding]] = [(None, finding) for finding in opened.found]
    for n, message in enumerate(opened.mensagens, 1):
        found += [(n if several else None, finding) for finding in check_message(message, version, charset)]
    for number, finding in found:
        print(_line(finding, number, show))
    errors = sum(finding.level == "erro" for _, finding in found)
    count = len(opened.mensagens)
    print(f"{count} {'mensagem' if count == 1 else 'mensagens'}, {errors} erro(s), {len(found) - errors} aviso(s)")
    return 1 if errors else 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m include.fusion hl7", description="Read and check HL7 v2 messages.")
    command = parser.add_subparsers(dest="command", required=True).add_parser(
        "check",
        help="explain what is wrong with the messages of a file",
        description="Checks structure, required fields, data types, code tables, lengths, character set, segment ends and batch counts.",
        epilog="exit code: 0 no error, 1 errors, 2 the file cannot be read. Findings name positions, never values, unless --show-values is given.",
    )
    command.add_argument(
        "file", type=Path, metavar="FILE", help="one message, several, MLLP frames or a batch (FHS/BHS); - reads standard input"
    )
    command.add_argument("--version", choices=VERSIONS, help="check against this version whatever MSH-12 says")
    command.add_argument("--charset", choices=tuple(CHARSETS), help="read the bytes by this character set whatever MSH-18 says")
    command.add_argument("--show-values", action="store_true", help="quote the values at fault: they may be patient data")
    args = parser.parse_args(arguments)
    return check(args.file, args.version, args.charset, args.show_values)
