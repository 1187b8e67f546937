"""Typed settings of the installed integrations, read from ``include/settings/integracoes.yaml`` (or ``FUSION_SETTINGS``).

``instaladas(EsusAb)`` is what a DAG file iterates over; ``python -m include.fusion settings --help`` checks files and imports the
``appsettings.json`` of the old .NET services.
"""

from include.fusion.settings.file import caminho_padrao, carregar, instaladas, obter, read_file
from include.fusion.settings.integration import Conexoes, Integracao, Retentativas, Rotas
from include.fusion.settings.interval import por_extenso
from include.fusion.settings.registry import Usual
from include.fusion.settings.sections import Busca, Carga, CargaInicial, Entrega, Importacao, ImportacaoVigiada

__all__ = [
    "Busca",
    "Carga",
    "CargaInicial",
    "Conexoes",
    "Entrega",
    "Importacao",
    "ImportacaoVigiada",
    "Integracao",
    "Retentativas",
    "Rotas",
    "Usual",
    "caminho_padrao",
    "carregar",
    "instaladas",
    "obter",
    "por_extenso",
    "read_file",
]
