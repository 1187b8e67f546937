"""From a tenant's FHIR server to the platform."""
