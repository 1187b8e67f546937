"""Consulfarma: what the old .NET service's ``appsettings.json`` calls its processes, and by what such a file is known."""

from __future__ import annotations

from include.fusion.settings.legacy.service import Antigo, Secao, Sign

LEGACY = Antigo(
    "Consulfarma",
    (
        Secao("carga", ("habilitado", "IntervaloCarga"), obrigatoria=True),
        Secao("importacao", ("habilitado", "IntervaloImportacao", "MaxRecords"), obrigatoria=True),
    ),
    "importacao",
    (Sign(50, lambda seen: bool(seen.names & {"intervalocarga", "intervaloimportacao"}) or seen.word("consulfarma")),),
    interval_names=True,
)
