"""What the DAGs of all integrations, and those of FHIR, have in common."""
