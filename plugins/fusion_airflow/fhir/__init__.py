"""FHIR in Airflow: hook, operators, watcher, the API's application."""
