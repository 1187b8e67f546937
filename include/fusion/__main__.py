"""``python -m include.fusion <command>``: the commands for a shell."""

from __future__ import annotations

import importlib
import sys

COMMANDS = {
    "settings": "check a settings file, or make one from the appsettings.json of an old service",
    "depara": "check De/Para files",
    "migrate": "create or upgrade the hub's tables in Fusion's integration database",
    "migrate-platform": "the same for the FHIR module's tables in the platform's database (migrate --platform)",
    "check": "check an installation: connections, grants, every statement, De/Para, Fusion",
    "hl7": "explain what is wrong with HL7 v2 messages",
}
_ALIASES = {"migrate-platform": ("migrate", "--platform")}
HELP = "\n".join(["usage: python -m include.fusion <command> [--help]", "", *(f"  {name:<18}{text}" for name, text in COMMANDS.items())])


def main(arguments: list[str]) -> int:
    """Run one command; 2 when it does not exist."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(HELP)
        return 0 if arguments else 2
    name, *rest = arguments
    if name not in COMMANDS:
        print(f"unknown command {name!r}\n\n{HELP}", file=sys.stderr)
        return 2
    module, *options = _ALIASES.get(name, (name,))
    return int(importlib.import_module(f"include.fusion.cli.{module}").main([*options, *rest]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
