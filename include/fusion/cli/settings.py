"""Checks settings, and imports those of the old .NET services."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from include.fusion.errors import InvalidConfiguration
from include.fusion.model.depara import DePara
from include.fusion.settings.file import default_path, read_file
from include.fusion.settings.integration import Integracao
from include.fusion.settings.interval import in_words
from include.fusion.settings.legacy import appsettings
from include.fusion.settings.legacy.as_yaml import as_yaml
from include.fusion.settings.legacy.services import LEGACY
from include.fusion.settings.sections import CargaInicial, Processo, SearchSettings
from include.fusion.settings.strict_yaml import file_name

_PROGRAM = "python -m include.fusion settings"


def validate(file: Path | None) -> int:
    """Print a table and return 0, or print every fault and return 1. Checks each entry's De/Para file, too."""
    try:
        integracoes, faults = read_file(file)
    except InvalidConfiguration as error:
        print(error, file=sys.stderr)
        return 1
    errors = [fault.text for fault in faults]
    for integracao in integracoes:
        try:
            DePara.load(integracao.id, integracao.sistema)
        except InvalidConfiguration as error:
            errors.append(str(error))
    if errors:
        print("\n".join(errors), file=sys.stderr)
        return 1
    rows = [("DAG", "SISTEMA", "IntegracaoID", "LIGADA", "PROCESSOS")]
    for integracao in integracoes:
        switched_on = "sim" if integracao.habilitada else "não"
        first, *others = _processos(integracao)
        rows.append((integracao.id, integracao.sistema, str(integracao.integracao_id), switched_on, first))
        rows += [("", "", "", "", processo) for processo in others]
    widths = [max(len(row[c]) for row in rows) for c in range(5)]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    print(f"\n{file_name(file or default_path())}: {len(integracoes)} integração(ões), tudo certo")
    return 0


def _processos(integracao: Integracao) -> list[str]:
    texts = [f"{name}: {', '.join(_in_words(integracao, processo))}" for name, processo in integracao if isinstance(processo, Processo)]
    return [*texts, f"rede de segurança: a cada {in_words(integracao.rede_de_seguranca)}"]


def _in_words(integracao: Integracao, processo: Processo) -> list[str]:
    facts = []
    if isinstance(processo, CargaInicial):
        facts.append(f"uma vez, páginas de {processo.pagina}, prioridade {processo.prioridade}")
    elif processo.interval is not None:
        facts.append(f"a cada {in_words(processo.interval)}")
    if isinstance(processo, SearchSettings) and processo is integracao.search and processo.vigiar_origem:
        facts.append(f"assim que a origem muda (vigia a cada {in_words(processo.intervalo_vigia)})")
    for field, text in (("max_records", "até {} registros"), ("layout_id", "layout {}"), ("integracao_id", "IntegracaoID {}")):
        if (value := dict(processo).get(field)) is not None:
            facts.append(text.format(value))
    return [*facts, "ligado" if processo.habilitado else "desligado"]


def import_settings(options: argparse.Namespace) -> int:
    """Write entry and connections to the output, warnings to stderr; returns 1 when the file cannot be read or written."""
    try:
        imported = appsettings.from_file(options.file, options.sistema, options.integracao)
    except InvalidConfiguration as error:
        print(error, file=sys.stderr)
        return 1
    text = as_yaml(imported, options.fuso, options.mostrar_segredos)
    if imported.sistema is None:
        reason = f"which system this is was not clear, or it is not yet supported; --sistema takes {', '.join(LEGACY)}"
        imported.avisos.insert(0, f"no entry written: {reason}")
    for warning in imported.avisos:
        print(f"warning: {warning}", file=sys.stderr)
    if options.saida is None:
        print(text, end="")
        return 0
    try:
        # Only a new file, readable by its owner only: it may have passwords, and must not replace good settings.
        descriptor = os.open(options.saida, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        print(f"{options.saida}: cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    with os.fdopen(descriptor, "w", encoding="utf-8") as output:
        output.write(text)
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog=_PROGRAM, description=__doc__, epilog=f"example: {_PROGRAM} validar")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser(
        "validar",
        help="check a settings file and its De/Para files, show intervals in words",
        epilog=f"example: {_PROGRAM} validar include/settings/integracoes.yaml",
    )
    check.add_argument("file", nargs="?", type=Path, help="default: FUSION_SETTINGS, or include/settings/integracoes.yaml")
    fetch = commands.add_parser(
        "import-appsettings",
        help="turn an old service's appsettings.json into an entry and Airflow connection URIs",
        epilog=f"example: {_PROGRAM} import-appsettings appsettings.json --integracao norte --fuso America/Bahia --saida novo.yaml",
    )
    fetch.add_argument("file", type=Path, help="the old appsettings.json")
    fetch.add_argument("--integracao", metavar="ID", help="id of the new entry (default: the system's name)")
    fetch.add_argument("--sistema", choices=list(LEGACY), help="where the file does not tell")
    fetch.add_argument("--fuso", metavar="ZONE", help="time zone of the source, e.g. America/Bahia; without it you fill it in")
    fetch.add_argument("--mostrar-segredos", action="store_true", help="write passwords in clear instead of ***")
    fetch.add_argument("--saida", metavar="FILE", type=Path, help="write to a new file, readable by you only, instead of the screen")
    options = parser.parse_args(arguments)
    return validate(options.file) if options.command == "validar" else import_settings(options)
