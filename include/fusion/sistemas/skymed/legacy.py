"""Skymed: what the old .NET service's ``appsettings.json`` calls its processes, and by what such a file is known."""

from __future__ import annotations

from include.fusion.settings.legacy.service import DELIVERY, LegacyService, Section, Sign

LEGACY = LegacyService(
    "Skymed",
    (Section("importar_pendencias", DELIVERY),),
    "importar_pendencias",
    (Sign(20, lambda seen: "skymed" in seen.owners or seen.word("skymed")),),
    exclusive=True,
    database_of="mv",
)
