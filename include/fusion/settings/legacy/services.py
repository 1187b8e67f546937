"""The old .NET services: the names of processes and settings in their files, and the place of each in an entry of ``integracoes.yaml``."""

from __future__ import annotations

import re
import unicodedata

from include.fusion.settings.legacy.service import LegacyService, Seen
from include.fusion.settings.registry import SYSTEMS_FOLDER, own_module, systems

PARAMETERS = {
    "intervalocarga": "IntervaloCarga",
    "intervaloimportacao": "IntervaloImportacao",
    "interval": "Interval",
    "intervalo": "Interval",
    "intervaloexecucao": "Interval",
    "maxrecords": "MaxRecords",
    "integracaoid": "IntegracaoID",
    "idintegracao": "IntegracaoID",
    "layoutid": "LayoutID",
    "idlayout": "LayoutID",
    "habilitado": "habilitado",
    "enabled": "habilitado",
}
FROM_DOTNET = {"logging", "serilog", "nlog", "allowedhosts", "kestrel", "urls", "$schema", "applicationinsights"}

LEGACY: dict[str, LegacyService] = {
    system: own_module(system, "legacy").LEGACY for system in systems() if (SYSTEMS_FOLDER / system / "legacy.py").is_file()
}
_EXCLUSIVE = {
    old_name: system
    for system, service in LEGACY.items()
    if service.exclusive
    for section in service.sections
    for old_name in section.old_names
    if section.nome != "carga_inicial"
}


def fold(text: str) -> str:
    """A name without case, accents, blanks, ``_``, ``.`` and ``-``, which people write differently."""
    without_accents = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[\s_.-]", "", without_accents).lower()


def _process(part: str) -> str:
    return re.sub(r"(worker|service|settings|job)$", "", fold(part))


def guess(parts: set[str]) -> str | None:
    """The system to which the names in a file belong; ``None`` when unclear, or when it cannot be imported."""
    processes = {_process(part) for part in parts}
    seen = Seen({fold(part) for part in parts}, processes, {_EXCLUSIVE.get(p) for p in processes})
    signs = sorted(((sign.rank, system, sign) for system, service in LEGACY.items() for sign in service.signs))
    return next((system for _, system, sign in signs if sign.tells(seen)), None)


def own_section(parts: tuple[str, ...], system: str | None) -> str | None:
    """The process section of ``system`` that holds a key: the innermost one of its path."""
    names = {old_name: section.nome for section in LEGACY[system].sections for old_name in section.old_names} if system else {}
    return next((names[_process(part)] for part in reversed(parts) if _process(part) in names), None)


def foreign_section(parts: tuple[str, ...], system: str | None) -> str | None:
    """The process section of another service that holds a key. ``carga_inicial`` counts: several services have one."""
    return next((part for part in parts if _process(part) in {"cargainicial", *_EXCLUSIVE}), None)


def why_not(section: str, system: str | None) -> str:
    """Why a section stays as a comment."""
    other = _EXCLUSIVE.get(_process(section))
    if system and other:
        return f"process of {LEGACY[other].nome}, not part of this entry (import the file once more with --sistema {other})"
    return "process not supported by this version"


def place(system: str, section: str | None, parameter: str) -> str | None:
    """``section.key`` of the entry for a setting; ``None``: the process has no such setting."""
    section = section or LEGACY[system].default_section
    if parameter in ("IntervaloCarga", "IntervaloImportacao"):
        section = parameter.removeprefix("Intervalo").lower()  # the process is in the name
    elif LEGACY[system].interval_names and parameter == "Interval" and section:
        parameter += f"o{section.capitalize()}"
    has = any(s.nome == section and parameter in s.keys for s in LEGACY[system].sections)
    return f"{section}.{parameter}" if has else None
