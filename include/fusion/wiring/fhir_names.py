"""The FHIR push as tasks and routes run it."""

from include.fusion.delivery.fhir import Envio, Resultado
from include.fusion.delivery.realtime import Realtime
from include.fusion.fhir.push.due_tenants import resend_transient_failures

__all__ = ["Envio", "Realtime", "Resultado", "resend_transient_failures"]
