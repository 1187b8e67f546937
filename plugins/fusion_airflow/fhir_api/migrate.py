"""``python -m fusion_airflow.fhir_api.migrate``: the FHIR tables in the platform's database, by Airflow's connection."""

from __future__ import annotations

import argparse
import sys

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from fusion_airflow.hooks.platform import PLATFORM_CONN_ID, Platform
from include.fusion.fhir.platform.migrate import migrate_platform


def configured() -> bool:
    """Whether the connection has a host: in the example file it is empty."""
    try:
        return bool(BaseHook.get_connection(PLATFORM_CONN_ID).host)
    except AirflowNotFoundException:
        return False


def main() -> int:
    """0 when the tables are up to date or there is no platform. It may be repeated."""
    parser = argparse.ArgumentParser("python -m fusion_airflow.fhir_api.migrate", description="Cria e atualiza as tabelas do módulo FHIR.")
    parser.add_argument("--girar-chaves", action="store_true", help="cifra de novo, com a chave mais nova, todo acesso guardado")
    options = parser.parse_args()
    if not configured():
        print(f"conexão {PLATFORM_CONN_ID} não configurada: FHIR fica sem banco, nada a migrar")
        return 0
    platform = Platform(application="fhir.migrar")
    try:
        migrate_platform(platform.engine)
        print("banco da plataforma em dia")
        if options.girar_chaves:
            print(f"{platform.configurations.rotate_keys()} acesso(s) cifrado(s) com a chave mais nova; as antigas podem sair")
    finally:
        platform.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
