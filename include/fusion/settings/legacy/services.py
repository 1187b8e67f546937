"""The old .NET services: what their files call processes and settings, and where each stands in an entry of ``integracoes.yaml``."""

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

_CARGA_INICIAL = "cargainicial"  # several services have one
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
    """A name without what people write differently: case, accents, blanks, ``_``, ``.`` and ``-``."""
    without_accents = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[\s_.-]", "", without_accents).lower()


def _processo(part: str) -> str:
    return re.sub(r"(worker|service|settings|job)$", "", fold(part))


def guess(parts: set[str]) -> str | None:
    """The system that the names in a file tell of; ``None`` when they do not, or tell of one that cannot be imported."""
    processos = {_processo(part) for part in parts}
    seen = Seen({fold(part) for part in parts}, processos, {_EXCLUSIVE.get(p) for p in processos})
    sinais = sorted(((sinal.rank, system, sinal) for system, service in LEGACY.items() for sinal in service.signs))
    return next((system for _, system, sinal in sinais if sinal.tells(seen)), None)


def own_section(parts: tuple[str, ...], system: str | None) -> str | None:
    """The process section of ``system`` that a key stands in: the innermost one that its path names."""
    names = {old_name: section.nome for section in LEGACY[system].sections for old_name in section.old_names} if system else {}
    return next((names[_processo(part)] for part in reversed(parts) if _processo(part) in names), None)


def foreign_section(parts: tuple[str, ...], system: str | None) -> str | None:
    """The process section of another service that a key stands in."""
    for part in parts:
        name = _processo(part)
        if name == _CARGA_INICIAL or name in _EXCLUSIVE:
            return part
    return None


def why_not(section: str, system: str | None) -> str:
    """Why a section is kept as a comment only."""
    other = _EXCLUSIVE.get(_processo(section))
    if system and other:
        return f"process of {LEGACY[other].nome}, not part of this entry (import the file once more with --sistema {other})"
    return "process not supported by this version"


def place(system: str, section: str | None, parameter: str) -> str | None:
    """``section.key`` of the entry for a setting; ``None`` when the process has no such setting."""
    section = section or LEGACY[system].padrao
    if parameter in ("IntervaloCarga", "IntervaloImportacao"):
        section = parameter.removeprefix("Intervalo").lower()  # the name itself says whose it is
    elif LEGACY[system].interval_names and parameter == "Interval" and section:
        parameter += f"o{section.capitalize()}"
    has = any(s.nome == section and parameter in s.keys for s in LEGACY[system].sections)
    return f"{section}.{parameter}" if has else None
