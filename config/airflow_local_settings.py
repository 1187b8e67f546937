"""Every Airflow component loads this file at its start.

LocalExecutor forks its workers from the scheduler, and tasks from its workers. So no task loads again what the scheduler has loaded: every
task starts more than a second sooner. Only pinned packages belong here, never code of this repository: Git may bring a new version of
it at any moment, and a task must run the new one.
"""

import importlib
import sys
from typing import Any

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

if "dag-processor" in sys.argv:
    # Airflow 3.3 takes a changed watcher away together with the one that it replaces, and adds it at the file's next parse: it tells them apart
    # by ``watcher.trigger``, which ``add_trigger`` leaves empty. Until then nobody would watch.
    from airflow.models.asset import AssetModel, AssetWatcherModel

    def _add_trigger(self: Any, trigger: Any, watcher_name: str) -> None:
        self.watchers.append(AssetWatcherModel(name=watcher_name, trigger=trigger))

    AssetModel.add_trigger = _add_trigger
