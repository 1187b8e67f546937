"""``python -m fusion_airflow.fhir_api.migrate``: the module's tables in the platform's database, where this Airflow has its connection."""

from __future__ import annotations

import argparse
import sys

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from fusion_airflow.hooks.platform import CONEXAO, Plataforma
from include.fusion.fhir.platform.migrate import migrar_plataforma


def configurada() -> bool:
    """Whether somebody filled in the connection: the example file has it with an empty host."""
    try:
        return bool(BaseHook.get_connection(CONEXAO).host)
    except AirflowNotFoundException:
        return False


def main() -> int:
    """0 when the tables are up to date, or when there is no platform; harmless to repeat."""
    leitor = argparse.ArgumentParser(
        prog="python -m fusion_airflow.fhir_api.migrate", description="Cria e atualiza as tabelas do módulo FHIR."
    )
    leitor.add_argument("--girar-chaves", action="store_true", help="cifra de novo, com a chave mais nova, todo acesso guardado")
    opcoes = leitor.parse_args()
    if not configurada():
        print(f"conexão {CONEXAO} não configurada: FHIR fica sem banco, nada a migrar")
        return 0
    plataforma = Plataforma(aplicacao="fhir.migrar")
    try:
        migrar_plataforma(plataforma.engine)
        print("banco da plataforma em dia")
        if opcoes.girar_chaves:
            print(f"{plataforma.configuracoes.girar_chaves()} acesso(s) cifrado(s) com a chave mais nova; as antigas podem sair")
    finally:
        plataforma.fechar()
    return 0


if __name__ == "__main__":
    sys.exit(main())
