"""The engine and the systems: pure Python, no Airflow. One folder per step of a record's life; imports run one way (docs/ARCHITECTURE.md)."""
