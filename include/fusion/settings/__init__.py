"""Typed settings of the installed integrations, read from ``include/settings/integracoes.yaml`` (or ``FUSION_SETTINGS``).

``instaladas(EsusAb)`` is what a DAG file iterates over; ``python -m include.fusion.settings --help`` checks files and imports the
``appsettings.json`` of the old .NET services.
"""

from include.fusion.settings.arquivo import caminho_padrao, carregar, instaladas, obter
from include.fusion.settings.integracao import Conexoes, Integracao, Retentativas, Rotas
from include.fusion.settings.intervalo import por_extenso
from include.fusion.settings.processos import Busca, Carga, CargaInicial, Entrega, Importacao, ImportacaoVigiada
from include.fusion.settings.sistemas import (
    Consulfarma,
    EsusAb,
    FusionService,
    Mv,
    Skymed,
    Sotech,
    Tasy,
    TrackCare,
    Usual,
    como_dados,
    de_dados,
)

__all__ = [
    "Busca",
    "Carga",
    "CargaInicial",
    "Conexoes",
    "Consulfarma",
    "Entrega",
    "EsusAb",
    "FusionService",
    "Importacao",
    "ImportacaoVigiada",
    "Integracao",
    "Mv",
    "Retentativas",
    "Rotas",
    "Skymed",
    "Sotech",
    "Tasy",
    "TrackCare",
    "Usual",
    "caminho_padrao",
    "carregar",
    "como_dados",
    "de_dados",
    "instaladas",
    "obter",
    "por_extenso",
]
