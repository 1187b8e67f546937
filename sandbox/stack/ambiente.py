"""Environment of every Airflow process of the sandbox: one dictionary, each choice with its reason."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from sandbox.sources import brought
from sandbox.stack.estado import ROOT, StackState
from sandbox.stack.filhos import WATERMARK

EXAMPLE = ROOT / "examples" / "integracoes.yaml"
"""Installations of the sandbox; ``FUSION_SETTINGS`` names others. The site's own file is never read."""
UI_USER = "admin"
PG_USER = "fusion"
OWN = ("airflow", "fusion_integracao", "fusion", "simulador")
"""Databases that are nobody's source."""
POOL = ("fusion_api", 8, "Chamadas à API do Fusion: limita as tarefas que entregam ao mesmo tempo")


def dsn(state: StackState, password: str, database: str) -> str:
    """libpq URL of one of the stack's databases."""
    return f"postgresql://{PG_USER}:{quote(password)}@127.0.0.1:{state.ports['pg']}/{database}"


def postgres_password(state: StackState) -> str:
    """Password that the embedded PostgreSQL generated for itself."""
    return str(json.loads((state.postgres / "postgres.json").read_text())["senha"])


def write_ui_password(state: StackState) -> None:
    """Airflow's simple auth manager takes the password from this file, and would print one of its own to the log without it."""
    file = state.airflow / "senhas.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({UI_USER: state.secrets["senha_ui"]}))


def base(state: StackState) -> dict[str, str]:
    """What any process of the stack inherits. Settings of another Airflow on this machine must not leak in."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "_AIRFLOW_", "MAKE", "MFLAGS"))}
    no_proxy = ",".join(filter(None, (inherited.get("NO_PROXY") or inherited.get("no_proxy"), "127.0.0.1,localhost")))
    return {
        "FUSION_SETTINGS": str(EXAMPLE),
        **inherited,
        WATERMARK: state.secrets["marca"],
        # Process titles would otherwise overwrite the memory from which the mark is read.
        "SPT_NOENV": "1",
        # Airflow looks for its local settings on the path.
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "config"))),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        "TZ": "UTC",
        # Notices about other packages' future, in every log and every task.
        "PYTHONWARNINGS": "ignore::DeprecationWarning",
    }


def connections(state: StackState, password: str) -> dict[str, str]:
    """Airflow connections of the integrations, as environment variables."""

    def postgres(database: str) -> str:
        return json.dumps({"conn_type": "postgres", "host": "127.0.0.1", "port": state.ports["pg"], "schema": database,
                           "login": PG_USER, "password": password})  # fmt: skip

    return {
        "AIRFLOW_CONN_FUSION_DB": postgres("fusion_integracao"),
        "AIRFLOW_CONN_PLATAFORMA": postgres("plataforma"),
        **{f"AIRFLOW_CONN_{name.upper()}": postgres(database) for system, database in brought().items() for name in {system, database}},
        "AIRFLOW_CONN_FUSION_API": json.dumps(
            {
                "conn_type": "http",
                "schema": "http",
                "host": "127.0.0.1",
                "port": state.ports["api"],
                "password": state.secrets["token_fusion"],
            }
        ),
    }


def airflow(state: StackState, password: str, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Complete environment of scheduler, triggerer, DAG processor and API server."""
    dags_folder = Path(environment.get("FUSION_DAGS") or ROOT / "dags").resolve()
    database = dsn(state, password, "airflow")
    url = state.url_ui
    options: dict[str, dict[str, object]] = {
        "CORE": {
            "EXECUTOR": "fusion_airflow.executor.ExecutorLocal",
            # Every integration keeps one task on duty while it has traffic; the others must still find a slot. Each slot is a forked worker.
            "PARALLELISM": 32,
            "MAX_ACTIVE_TASKS_PER_DAG": 8,
            "MP_START_METHOD": "fork",
            "DAGS_FOLDER": dags_folder,
            "PLUGINS_FOLDER": ROOT / "plugins",
            "LOAD_EXAMPLES": False,
            "DAGS_ARE_PAUSED_AT_CREATION": False,
            "FERNET_KEY": state.secrets["fernet"],
            "SIMPLE_AUTH_MANAGER_USERS": f"{UI_USER}:admin",
            "SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": state.airflow / "senhas.json",
            "EXECUTION_API_SERVER_URL": f"{url}/execution/",
            # The default asks the resolver for this machine's full name, which may take seconds and leave the machine.
            "HOSTNAME_CALLABLE": "socket.gethostname",
            "MIN_SERIALIZED_DAG_UPDATE_INTERVAL": 5,
            "RERUN_WITH_LATEST_VERSION": True,
            "KILLED_TASK_CLEANUP_TIME": 15,
        },
        "DATABASE": {
            "SQL_ALCHEMY_CONN": database.replace("postgresql://", "postgresql+psycopg2://", 1),
            "SQL_ALCHEMY_CONN_ASYNC": database.replace("postgresql://", "postgresql+asyncpg://", 1),
            # The supervisor has just migrated it; each component would check again.
            "CHECK_MIGRATIONS": False,
        },
        "API": {
            "HOST": "127.0.0.1",
            "PORT": state.ports["ui"],
            "BASE_URL": url,
            "WORKERS": 1,
            "SECRET_KEY": state.secrets["sessao"],
            "INSTANCE_NAME": "Fusion",
        },
        "API_AUTH": {"JWT_SECRET": state.secrets["jwt"], "JWT_ISSUER": "fusion-sandbox"},
        "SCHEDULER": {
            # One loop on an idle database takes about 15 ms: this wait is the price of a wake-up against idle CPU.
            "SCHEDULER_IDLE_SLEEP_TIME": 0.25,
            # A killed worker's task is retried after 20 to 25 s instead of five minutes.
            "TASK_INSTANCE_HEARTBEAT_TIMEOUT": 20,
            "TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": 5,
            # Tasks of a killed scheduler wait for this look before anybody may try them again.
            "ORPHANED_TASKS_CHECK_INTERVAL": 15,
            "TASK_QUEUED_TIMEOUT": 120,
            "TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": 30,
        },
        "WORKERS": {"MIN_HEARTBEAT_INTERVAL": 4, "SOCKET_CLEANUP_TIMEOUT": 10},
        "TRIGGERER": {"CAPACITY": 100},
        "DAG_PROCESSOR": {
            "DAG_BUNDLE_CONFIG_LIST": json.dumps(
                [
                    {
                        "name": "fusion",
                        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
                        "kwargs": {"path": str(dags_folder)},
                    }
                ]
            ),
            # A new file is listed within 5 s and an edited one goes to the front; unchanged ones wait, since each parse costs a process.
            "REFRESH_INTERVAL": 5,
            "BUNDLE_REFRESH_CHECK_INTERVAL": 2,
            "MIN_FILE_PROCESS_INTERVAL": 120,
            "PARSING_PROCESSES": 1,
            "PRINT_STATS_INTERVAL": 600,
        },
        "LOGGING": {"COLORED_CONSOLE_LOG": False, "UVICORN_LOGGING_LEVEL": "WARNING"},
    }
    return {
        **base(state),
        "AIRFLOW_HOME": str(state.airflow),
        "FUSION_FHIR_TOKENS": str(state.airflow / "tokens-fhir"),
        **{f"AIRFLOW__{section}__{name}": str(value) for section, names in options.items() for name, value in names.items()},
        **connections(state, password),
    }
