"""Tasy: what the old .NET service's ``appsettings.json`` calls its processes, and by what such a file is known."""

from __future__ import annotations

from include.fusion.settings.legacy.service import DELIVERY, WITH_DESTINATION, LegacyService, Section, Sign

LEGACY = LegacyService(
    "Tasy",
    (
        # The first is how the old manual spells it.
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
