"""The platform of observations in the sandbox: tenants, patients, observations as its WhatsApp and API flows write them."""

from sandbox.origens.plataforma.gerador import Tenant, criar, editar, gerar, observar
from sandbox.origens.plataforma.simulador import FUSO, INVALIDOS, mudar, mudar_invalido

__all__ = ["FUSO", "INVALIDOS", "Tenant", "criar", "editar", "gerar", "mudar", "mudar_invalido", "observar"]
