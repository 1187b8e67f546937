"""The FHIR push as tasks and routes run it."""

from include.fusion.delivery.fhir import Envio, Resultado
from include.fusion.delivery.realtime import TempoReal
from include.fusion.fhir.push.due_tenants import reenviar_de_falhas_passageiras

__all__ = ["Envio", "Resultado", "TempoReal", "reenviar_de_falhas_passageiras"]
