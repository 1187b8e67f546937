"""A tenant's FHIR server over HTTP: client, authentication, tokens, errors."""
