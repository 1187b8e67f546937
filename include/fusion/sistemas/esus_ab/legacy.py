"""e-SUS AB: processes in the ``appsettings.json`` of the old .NET service, and the signs that tell its file from others."""

from include.fusion.settings.legacy.service import WITH_LAYOUT, LegacyService, Section, Sign

LEGACY = LegacyService(
    "e-SUS AB",
    (Section("importacao", WITH_LAYOUT, ("LayoutID",), obrigatoria=True), Section("carga_inicial")),
    "importacao",
    (Sign(80, lambda seen: "layoutid" in seen.names or seen.word("esus")),),
)
