"""Sotech: what the old .NET service's ``appsettings.json`` calls its processes, and by what such a file is known."""

from __future__ import annotations

from include.fusion.settings.legacy.service import DELIVERY, LegacyService, Section, Sign

# Both are everyday words, but only Sotech's file has the two as process sections.
_PROCESSES = {"carga", "integracao"}

LEGACY = LegacyService(
    "Sotech",
    (Section("carga", DELIVERY, obrigatoria=True), Section("integracao", DELIVERY, obrigatoria=True)),
    "integracao",
    (Sign(60, lambda seen: seen.word("sotech") or seen.processes >= _PROCESSES),),
)
