"""The whole hub on one machine: embedded PostgreSQL, the sandbox's Fusion and a real Airflow, owned by one supervisor process."""
