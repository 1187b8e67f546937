"""Typed settings of the installed integrations, read from ``include/settings/integracoes.yaml`` (or ``FUSION_SETTINGS``).

``installed(EsusAb)`` is what a DAG file iterates over; ``python -m include.fusion settings --help`` checks files and imports the
``appsettings.json`` of the old .NET services.
"""

from include.fusion.settings.file import default_path, installed, load, obtain, read_file
from include.fusion.settings.integration import Connections, Integracao, Paths, Retries
from include.fusion.settings.interval import in_words
from include.fusion.settings.registry import Usual
from include.fusion.settings.sections import Carga, CargaInicial, DeliverySettings, Importacao, ImportacaoVigiada, SearchSettings

__all__ = [
    "Carga",
    "CargaInicial",
    "Connections",
    "DeliverySettings",
    "Importacao",
    "ImportacaoVigiada",
    "Integracao",
    "Paths",
    "Retries",
    "SearchSettings",
    "Usual",
    "default_path",
    "in_words",
    "installed",
    "load",
    "obtain",
    "read_file",
]
