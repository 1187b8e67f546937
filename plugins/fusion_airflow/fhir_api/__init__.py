"""The FHIR module's API, mounted in Airflow's API server."""
