"""Skymed: processes in the ``appsettings.json`` of the old .NET service, and the signs that tell its file from others."""

from include.fusion.settings.legacy.service import DELIVERY, LegacyService, Section, Sign

LEGACY = LegacyService(
    "Skymed",
    (Section("importar_pendencias", DELIVERY),),
    "importar_pendencias",
    (Sign(20, lambda seen: "skymed" in seen.owners or seen.word("skymed")),),
    exclusive=True,
    database_of="mv",
)
