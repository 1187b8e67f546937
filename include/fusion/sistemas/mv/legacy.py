"""MV: what the old .NET service's ``appsettings.json`` calls its processes, and by what such a file is known."""

from __future__ import annotations

import re

from include.fusion.settings.legacy.service import WITH_DESTINATION, LegacyService, Section, Seen, Sign

_CONNECTION = re.compile(r"(conexao|banco|fusionintegracoes)?(dba)?mv(connection(string)?|conexao|oracle|db)?")


def _connection_and_initial_load(seen: Seen) -> bool:
    """A connection to MV alone could be Skymed's, but that one has no initial load."""
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
    # Schema FUSION_INTEGRACAO, which a name may come from, lies in MV's database.
    table_owners=("dbamv", "fusion_integracao"),
    owner_advice="owns tables; the hub only needs FUSION_LEITURA (docs/mv-dba.md)",
    layout_or_controller=True,
)
