"""Sotech: processes in the ``appsettings.json`` of the old .NET service, and the signs that tell its file from others."""

from include.fusion.settings.legacy.service import DELIVERY, LegacyService, Section, Sign

# Both words are common, but only Sotech's file has both as process sections.
_PROCESSES = {"carga", "integracao"}

LEGACY = LegacyService(
    "Sotech",
    (Section("carga", DELIVERY, obrigatoria=True), Section("integracao", DELIVERY, obrigatoria=True)),
    "integracao",
    (Sign(60, lambda seen: seen.word("sotech") or seen.processes >= _PROCESSES),),
)
