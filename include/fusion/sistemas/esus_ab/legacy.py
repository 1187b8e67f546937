"""e-SUS AB: what the old .NET service's ``appsettings.json`` calls its processes, and by what such a file is known."""

from __future__ import annotations

from include.fusion.settings.legacy.service import WITH_LAYOUT, Antigo, Secao, Sign

LEGACY = Antigo(
    "e-SUS AB",
    (Secao("importacao", WITH_LAYOUT, ("LayoutID",), obrigatoria=True), Secao("carga_inicial")),
    "importacao",
    (Sign(80, lambda seen: "layoutid" in seen.names or seen.word("esus")),),
)
