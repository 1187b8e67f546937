"""FHIR R4 push and pull for every tenant of the platform (docs/reference/fhir-module.md)."""
