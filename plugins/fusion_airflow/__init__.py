"""Airflow's face of the hub: hooks, operators, triggers and what every DAG has in common."""
