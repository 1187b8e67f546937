"""From the platform to a tenant's FHIR server."""
