"""The platform of observations in the sandbox: tenants, patients, observations as its WhatsApp and API flows write them."""

from sandbox.origens.plataforma.gerador import Tenant, create, edit, generate, observe
from sandbox.origens.plataforma.simulador import INVALID, ZONE, change, change_invalid

__all__ = ["INVALID", "ZONE", "Tenant", "change", "change_invalid", "create", "edit", "generate", "observe"]
