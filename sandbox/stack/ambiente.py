"""Environment of every Airflow process of the sandbox: one dictionary, each choice with its reason."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from sandbox.sources import brought
from sandbox.stack.estado import RAIZ, Estado
from sandbox.stack.filhos import MARCA

EXAMPLE = RAIZ / "examples" / "integracoes.yaml"
"""Installations of the sandbox; ``FUSION_SETTINGS`` names others. The site's own file is never read."""
USUARIO_UI = "admin"
USUARIO_PG = "fusion"
PROPRIOS = ("airflow", "fusion_integracao", "fusion", "simulador")
"""Databases that are nobody's source."""
POOL = ("fusion_api", 8, "Chamadas à API do Fusion: limita as tarefas que entregam ao mesmo tempo")


def dsn(estado: Estado, senha: str, banco: str) -> str:
    """libpq URL of one of the stack's databases."""
    return f"postgresql://{USUARIO_PG}:{quote(senha)}@127.0.0.1:{estado.portas['pg']}/{banco}"


def senha_postgres(estado: Estado) -> str:
    """Password that the embedded PostgreSQL generated for itself."""
    return str(json.loads((estado.postgres / "postgres.json").read_text())["senha"])


def gravar_senha_ui(estado: Estado) -> None:
    """Airflow's simple auth manager takes the password from this file, and would print one of its own to the log without it."""
    arquivo = estado.airflow / "senhas.json"
    arquivo.touch(mode=0o600)
    arquivo.write_text(json.dumps({USUARIO_UI: estado.segredos["senha_ui"]}))


def base(estado: Estado) -> dict[str, str]:
    """What any process of the stack inherits. Settings of another Airflow on this machine must not leak in."""
    herdado = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "_AIRFLOW_", "MAKE", "MFLAGS"))}
    sem_proxy = ",".join(filter(None, (herdado.get("NO_PROXY") or herdado.get("no_proxy"), "127.0.0.1,localhost")))
    return {
        "FUSION_SETTINGS": str(EXAMPLE),
        **herdado,
        MARCA: estado.segredos["marca"],
        # Process titles would otherwise overwrite the memory from which the mark is read.
        "SPT_NOENV": "1",
        # Airflow looks for its local settings on the path.
        "PYTHONPATH": os.pathsep.join((str(RAIZ), str(RAIZ / "config"))),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": sem_proxy,
        "no_proxy": sem_proxy,
        "TZ": "UTC",
        # Notices about other packages' future, in every log and every task.
        "PYTHONWARNINGS": "ignore::DeprecationWarning",
    }


def conexoes(estado: Estado, senha: str) -> dict[str, str]:
    """Airflow connections of the integrations, as environment variables."""

    def postgres(banco: str) -> str:
        return json.dumps({"conn_type": "postgres", "host": "127.0.0.1", "port": estado.portas["pg"], "schema": banco,
                           "login": USUARIO_PG, "password": senha})  # fmt: skip

    return {
        "AIRFLOW_CONN_FUSION_DB": postgres("fusion_integracao"),
        "AIRFLOW_CONN_PLATAFORMA": postgres("plataforma"),
        **{f"AIRFLOW_CONN_{nome.upper()}": postgres(banco) for sistema, banco in brought().items() for nome in {sistema, banco}},
        "AIRFLOW_CONN_FUSION_API": json.dumps(
            {
                "conn_type": "http",
                "schema": "http",
                "host": "127.0.0.1",
                "port": estado.portas["api"],
                "password": estado.segredos["token_fusion"],
            }
        ),
    }


def airflow(estado: Estado, senha: str, ambiente: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Complete environment of scheduler, triggerer, DAG processor and API server."""
    pasta_dags = Path(ambiente.get("FUSION_DAGS") or RAIZ / "dags").resolve()
    banco = dsn(estado, senha, "airflow")
    url = estado.url_ui
    opcoes: dict[str, dict[str, object]] = {
        "CORE": {
            "EXECUTOR": "fusion_airflow.executor.ExecutorLocal",
            # Every integration keeps one task on duty while it has traffic; the others must still find a slot. Each slot is a forked worker.
            "PARALLELISM": 32,
            "MAX_ACTIVE_TASKS_PER_DAG": 8,
            "MP_START_METHOD": "fork",
            "DAGS_FOLDER": pasta_dags,
            "PLUGINS_FOLDER": RAIZ / "plugins",
            "LOAD_EXAMPLES": False,
            "DAGS_ARE_PAUSED_AT_CREATION": False,
            "FERNET_KEY": estado.segredos["fernet"],
            "SIMPLE_AUTH_MANAGER_USERS": f"{USUARIO_UI}:admin",
            "SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": estado.airflow / "senhas.json",
            "EXECUTION_API_SERVER_URL": f"{url}/execution/",
            # The default asks the resolver for this machine's full name, which may take seconds and leave the machine.
            "HOSTNAME_CALLABLE": "socket.gethostname",
            "MIN_SERIALIZED_DAG_UPDATE_INTERVAL": 5,
            "RERUN_WITH_LATEST_VERSION": True,
            "KILLED_TASK_CLEANUP_TIME": 15,
        },
        "DATABASE": {
            "SQL_ALCHEMY_CONN": banco.replace("postgresql://", "postgresql+psycopg2://", 1),
            "SQL_ALCHEMY_CONN_ASYNC": banco.replace("postgresql://", "postgresql+asyncpg://", 1),
            # The supervisor has just migrated it; each component would check again.
            "CHECK_MIGRATIONS": False,
        },
        "API": {
            "HOST": "127.0.0.1",
            "PORT": estado.portas["ui"],
            "BASE_URL": url,
            "WORKERS": 1,
            "SECRET_KEY": estado.segredos["sessao"],
            "INSTANCE_NAME": "Fusion",
        },
        "API_AUTH": {"JWT_SECRET": estado.segredos["jwt"], "JWT_ISSUER": "fusion-sandbox"},
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
                        "kwargs": {"path": str(pasta_dags)},
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
        **base(estado),
        "AIRFLOW_HOME": str(estado.airflow),
        "FUSION_FHIR_TOKENS": str(estado.airflow / "tokens-fhir"),
        **{f"AIRFLOW__{secao}__{nome}": str(valor) for secao, nomes in opcoes.items() for nome, valor in nomes.items()},
        **conexoes(estado, senha),
    }
