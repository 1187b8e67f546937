"""A tenant's FHIR configuration: model, storage, secrets, connection test."""
