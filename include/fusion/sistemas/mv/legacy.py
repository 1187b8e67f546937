"""MV: processes in the ``appsettings.json`` of the old .NET service, and the signs that tell its file from others."""

from __future__ import annotations

import re

from include.fusion.settings.legacy.service import WITH_DESTINATION, LegacyService, Section, Seen, Sign

_CONNECTION = re.compile(r"(conexao|banco|fusionintegracoes)?(dba)?mv(connection(string)?|conexao|oracle|db)?")


def _connection_and_initial_load(seen: Seen) -> bool:
    """Skymed, too, has a connection to MV, but no initial load."""
    return "cargainicial" in seen.processes and any(map(_CONNECTION.fullmatch, seen.names))


LEGACY = LegacyService(
    "MV",
    (
        Section("atualizacao_fila_pendencias", ("habilitado", "Interval")),
        Section("busca_atendimentos_paciente"),
        Section("busca_atualizacoes_paciente"),
        *(
            Section(f"processamento_pendencia_{x}", WITH_DESTINATION)
            for x in ("abertura", "alta", "troca_leito", "uti", "atualizacao_paciente")
        ),
        Section("carga_inicial", ("habilitado", "IntegracaoID", "LayoutID")),
    ),
    None,
    (Sign(10, lambda seen: "mv" in seen.owners), Sign(70, _connection_and_initial_load)),
    exclusive=True,
    # MV's database holds the schema FUSION_INTEGRACAO, too.
    table_owners=("dbamv", "fusion_integracao"),
    owner_advice="owns tables; the hub only needs FUSION_LEITURA (docs/mv-dba.md)",
    layout_or_controller=True,
)
