"""FHIR R4 push and pull for every tenant of the platform (seed 002): transformation, client, authentication, synchronisation."""
