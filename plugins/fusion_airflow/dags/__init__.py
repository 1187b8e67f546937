"""The DAG factory of integrations and FHIR."""
