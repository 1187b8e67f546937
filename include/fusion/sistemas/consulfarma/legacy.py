"""Consulfarma: what the old .NET service's ``appsettings.json`` calls its processes, and by what such a file is known."""

from __future__ import annotations

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
