"""``python -m fusion_airflow.fhir.migrar``: the module's tables in the platform's database, where this Airflow has its connection."""

from __future__ import annotations

import sys

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from fusion_airflow.conexoes import engine_de
from fusion_airflow.fhir.plataforma import CONEXAO
from include.fusion.fhir.migracoes import migrar_plataforma


def configurada() -> bool:
    """Whether somebody filled in the connection: the example file has it with an empty host."""
    try:
        return bool(BaseHook.get_connection(CONEXAO).host)
    except AirflowNotFoundException:
        return False


def main() -> int:
    """0 when the tables are up to date, or when there is no platform; harmless to repeat."""
    if not configurada():
        print(f"conexão {CONEXAO} não configurada: FHIR fica sem banco, nada a migrar")
        return 0
    engine = engine_de(CONEXAO, aplicacao="fhir.migrar")
    try:
        migrar_plataforma(engine)
    finally:
        engine.dispose()
    print("banco da plataforma em dia")
    return 0


if __name__ == "__main__":
    sys.exit(main())
