"""Loaded by every Airflow component at its start.

LocalExecutor's workers, and from them the tasks, are forked from the scheduler: what the scheduler has loaded no task loads again, which
takes more than a second off every task start. Only pinned packages belong here, never code of this repository: Git may bring a new
version of that at any moment, and a task must run the new one.
"""

import importlib
import sys

__all__: list[str] = []

PACKAGES = (
    "aiohttp",
    "airflow.providers.common.sql.hooks.sql",
    "airflow.providers.http.hooks.http",
    "airflow.providers.postgres.hooks.postgres",
    "airflow.triggers.base",
    "difflib",
    "jsonschema",
    "orjson",
    "psycopg2",
    "pydantic",
    "sqlalchemy.dialects.mssql",
    "sqlalchemy.dialects.oracle",
    "sqlalchemy.dialects.postgresql.psycopg2",
    "validate_docbr",
    "yaml",
    "zoneinfo",
)

if "scheduler" in sys.argv:
    for _name in PACKAGES:
        importlib.import_module(_name)
