"""Sotech: what the old .NET service's ``appsettings.json`` calls its processes, and by what such a file is known."""

from __future__ import annotations

from include.fusion.settings.legacy.service import DELIVERY, Antigo, Secao, Sign

# Both are everyday words, but only Sotech's file has the two as process sections.
_PROCESSES = {"carga", "integracao"}

LEGACY = Antigo(
    "Sotech",
    (Secao("carga", DELIVERY, obrigatoria=True), Secao("integracao", DELIVERY, obrigatoria=True)),
    "integracao",
    (Sign(60, lambda seen: seen.word("sotech") or seen.processes >= _PROCESSES),),
)
