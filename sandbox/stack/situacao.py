"""``make status``: what runs, how it feels, what waits in the queues."""

from __future__ import annotations

from typing import Any

import psycopg2

from sandbox.report.query import consultar
from sandbox.report.table import tabela
from sandbox.stack.ambiente import dsn, senha_postgres
from sandbox.stack.estado import Estado
from sandbox.stack.filhos import vivo
from sandbox.stack.pilha import respira, saude_airflow

SQL_TABELAS = """select table_name from information_schema.columns
where table_schema = current_schema() and column_name in ('reservado_por', 'situacao') group by table_name having count(*) = 2 order by 1"""


def profundidades(url: str) -> list[tuple[Any, ...]]:
    """(table, integracao_id, processo, situacao, rows) of every queue table of the hub's database."""
    linhas: list[tuple[Any, ...]] = []
    for (nome,) in consultar(url, SQL_TABELAS):
        por_situacao = f'select integracao_id, processo, situacao, count(*) from "{nome}" group by 1, 2, 3 order by 1, 2, 3'
        linhas += [(nome, *linha) for linha in consultar(url, por_situacao)]
    return linhas


def mostrar(estado: Estado) -> int:
    dados = estado.processos
    if not dados or not estado.em_uso():
        print("nothing is running: make up")
        return 0
    print(
        f"{dados['fase']}; UI {estado.url_ui}; Fusion {estado.url_fusion}; FHIR {estado.url_fhir}; PostgreSQL port {estado.portas['pg']}\n"
    )
    servidores = {"fusion": f"{estado.url_fusion}/saude", "fhir": f"{estado.url_fhir}/metadata"}
    saude = {**saude_airflow(estado), **{nome: "healthy" if respira(url) else "no answer" for nome, url in servidores.items()}}
    print(tabela(("component", "health"), list(saude.items())), "\n")
    print(tabela(("process", "pid", "running"), [(n, f["pid"], "yes" if vivo(f) else "no") for n, f in dados["filhos"].items()]), "\n")
    try:
        senha = senha_postgres(estado)
        filas = [linha for banco in ("fusion_integracao", "plataforma") for linha in profundidades(dsn(estado, senha, banco))]
    except psycopg2.Error as erro:
        print(f"queues: PostgreSQL does not answer ({type(erro).__name__})")
        return 1
    print(tabela(("queue", "integracao", "processo", "situacao", "rows"), filas) if filas else "queues: empty")
    return 0 if all(v == "healthy" for v in saude.values()) else 1
