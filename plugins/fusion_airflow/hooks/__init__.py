"""Airflow connections as clients and engines."""
