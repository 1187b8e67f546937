"""The platform of seed 002 in the sandbox: tenants, patients, observations as its WhatsApp and API flows write them."""

from sandbox.plataforma.gerador import Tenant, criar, editar, gerar, observar

__all__ = ["Tenant", "criar", "editar", "gerar", "observar"]
