"""TrackCare: what the old .NET service's ``appsettings.json`` calls its processes, and by what such a file is known."""

from __future__ import annotations

from include.fusion.settings.legacy.service import DELIVERY, LegacyService, Section, Sign

LEGACY = LegacyService(
    "TrackCare",
    tuple(
        Section(name, DELIVERY)
        for name in ("carga_inicial_pacientes", "sincronizar_pacientes", "pendencia_busca_paciente", "envio_arquivo_fusion")
    ),
    None,
    (Sign(40, lambda seen: "trackcare" in seen.owners or seen.word("trackcare")),),
    exclusive=True,
    integrator=True,
)
