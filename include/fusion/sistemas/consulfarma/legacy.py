"""Consulfarma: processes in the ``appsettings.json`` of the old .NET service, and the signs that tell its file from others."""

from include.fusion.settings.legacy.service import LegacyService, Section, Sign

LEGACY = LegacyService(
    "Consulfarma",
    (
        Section("carga", ("habilitado", "IntervaloCarga"), obrigatoria=True),
        Section("importacao", ("habilitado", "IntervaloImportacao", "MaxRecords"), obrigatoria=True),
    ),
    "importacao",
    (Sign(50, lambda seen: bool(seen.names & {"intervalocarga", "intervaloimportacao"}) or seen.word("consulfarma")),),
    interval_names=True,
)
