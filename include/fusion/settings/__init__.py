"""Typed settings of the installed integrations, read from ``include/settings/integracoes.yaml`` (or ``FUSION_SETTINGS``).

``installed(EsusAb)`` gives the entries of one system; ``python -m include.fusion settings --help`` checks files and imports the
``appsettings.json`` of the old .NET services.
"""

from include.fusion.settings.file import installed, load, obtain, read_file
from include.fusion.settings.integration import Integracao
from include.fusion.settings.registry import Usual
from include.fusion.settings.sections import DeliverySettings, Importacao

__all__ = ["DeliverySettings", "Importacao", "Integracao", "Usual", "installed", "load", "obtain", "read_file"]
