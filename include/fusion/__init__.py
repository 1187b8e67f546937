"""The engine and the systems: pure Python, no Airflow. One folder per step of a record's way; imports go one way (see ``pyproject.toml``)."""
