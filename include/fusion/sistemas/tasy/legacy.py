"""Tasy: processes in the ``appsettings.json`` of the old .NET service, and the signs that tell its file from others."""

from include.fusion.settings.legacy.service import DELIVERY, WITH_DESTINATION, LegacyService, Section, Sign

LEGACY = LegacyService(
    "Tasy",
    (
        # The old manual has the first spelling.
        Section("buscar_atendimentos", DELIVERY, outros_nomes=("buscaraendimentosimportar", "buscaratendimentosimportar")),
        Section("buscar_informacoes_atendimentos", WITH_DESTINATION),
        Section("gerar_pendencia_atualizacao_pacientes"),
        Section("integrar_pendencia_atualizacao_pacientes", WITH_DESTINATION),
    ),
    None,
    (Sign(30, lambda seen: "tasy" in seen.owners or seen.word("tasy")),),
    exclusive=True,
    integrator=True,
)
