"""TrackCare: processes in the ``appsettings.json`` of the old .NET service, and the signs that tell its file from others."""

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
