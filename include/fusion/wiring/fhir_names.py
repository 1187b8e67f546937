"""The FHIR push as tasks and routes run it."""

from include.fusion.delivery.fhir import FhirPush, FhirPushResult
from include.fusion.delivery.realtime import Realtime
from include.fusion.fhir.push.due_tenants import resend_transient_failures

__all__ = ["FhirPush", "FhirPushResult", "Realtime", "resend_transient_failures"]
