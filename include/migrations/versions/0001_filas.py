"""Queue ImportacaoAtendimento, delivery ledger, watermarks and code report.

Frozen: what a table looked like on the day of this migration stays here, whatever ``include.fusion.store.tables`` says later.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mssql, oracle, postgresql
from sqlalchemy.sql.elements import quoted_name

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FILA = "ImportacaoAtendimento"
SIMPLES = ("trava_fila", "livro_entrega", "marca_dagua", "carga_vista", "codigo_sem_depara")


def _texto(tamanho: int) -> sa.types.TypeEngine[str]:
    return (
        sa.String(tamanho)
        .with_variant(postgresql.VARCHAR(tamanho, collation="C"), "postgresql")
        .with_variant(mssql.NVARCHAR(tamanho, collation="Latin1_General_100_BIN2"), "mssql")
    )


def _momento() -> sa.types.TypeEngine[Any]:
    return sa.DateTime(timezone=True).with_variant(mssql.DATETIME2(), "mssql").with_variant(oracle.TIMESTAMP(), "oracle")  # type: ignore[no-untyped-call]


def _booleano() -> sa.types.TypeEngine[Any]:
    return sa.Boolean().with_variant(oracle.NUMBER(1), "oracle")  # type: ignore[no-untyped-call]


def _chave(nome: str, tipo: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(nome, tipo, primary_key=True, autoincrement=False)


def _falta(nome: str) -> bool:
    """Oracle commits every DDL statement: after a failure half way, the next run goes on where that one stopped."""
    contexto = op.get_context()
    return contexto.as_sql or not sa.inspect(op.get_bind()).has_table(nome.lower())


def _indice(nome: str, tabela: str, colunas: tuple[str, ...], situacoes: str, e: str = "", unique: bool = False) -> None:
    contexto = op.get_context()
    alvo = quoted_name(tabela, quote=False)
    if not contexto.as_sql and nome in {i["name"] for i in sa.inspect(op.get_bind()).get_indexes(tabela.lower())}:
        return
    if contexto.dialect.name == "oracle":
        op.create_index(
            nome, alvo, [sa.text(f"CASE WHEN situacao IN ({situacoes}) THEN {c.removesuffix(' DESC')} END") for c in colunas], unique=unique
        )
        return
    onde = sa.text(f"situacao IN ({situacoes}){e}")
    op.create_index(nome, alvo, [sa.text(c) if " " in c else c for c in colunas], unique=unique, postgresql_where=onde, mssql_where=onde)


def _criar_fila(nome: str) -> None:
    if _falta(nome):
        op.create_table(
            quoted_name(nome, quote=False),
            sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
            sa.Column("integracao_id", sa.Integer, nullable=False),
            sa.Column("processo", sa.String(60), nullable=False),
            sa.Column("chave", _texto(200), nullable=False),
            sa.Column("chave_paciente", _texto(200)),
            sa.Column("operacao", sa.String(10), nullable=False),
            sa.Column("prioridade", sa.SmallInteger, nullable=False),
            sa.Column("situacao", sa.String(10), nullable=False),
            sa.Column("tentativas", sa.Integer, nullable=False),
            sa.Column("proxima_tentativa_em", _momento()),
            sa.Column("reservado_por", _texto(500)),
            sa.Column("reservado_ate", _momento()),
            sa.Column("motivo", _texto(300)),
            sa.Column("versao_conteudo", sa.String(64)),
            sa.Column("criado_em", _momento(), nullable=False),
            sa.Column("concluido_em", _momento()),
            sa.Column("reabrir", _booleano(), nullable=False),
            postgresql_with={"autovacuum_vacuum_scale_factor": "0.02", "autovacuum_analyze_scale_factor": "0.02"},
        )
    c = nome.lower()
    vivas = "'pendente', 'reservado'"
    _indice(f"ux_{c}_aberta", nome, ("integracao_id", "processo", "chave"), "'pendente', 'reservado', 'erro'", unique=True)
    _indice(f"ix_{c}_pronta", nome, ("integracao_id", "processo", "prioridade", "id"), "'pendente'")
    paciente = ("integracao_id", "chave_paciente", "situacao DESC", "prioridade", "id")
    _indice(f"ix_{c}_paciente", nome, paciente, vivas, " AND chave_paciente IS NOT NULL")
    espera = ("integracao_id", "processo", "proxima_tentativa_em")
    _indice(f"ix_{c}_espera", nome, espera, "'pendente'", " AND proxima_tentativa_em IS NOT NULL")
    _indice(f"ix_{c}_reservada", nome, ("integracao_id", "reservado_ate"), "'reservado'")
    _indice(f"ix_{c}_erro", nome, ("integracao_id", "processo", "id"), "'erro'")
    _indice(f"ix_{c}_fechada", nome, ("integracao_id", "processo", "concluido_em"), "'concluido', 'descartado'")


def _colunas(tabela: str) -> list[sa.Column[Any]]:
    match tabela:
        case "trava_fila":
            return [_chave("nome", sa.String(200))]
        case "livro_entrega":
            return [
                _chave("entidade", sa.String(60)),
                _chave("chave", _texto(200)),
                sa.Column("versao_conteudo", sa.String(64)),
                sa.Column("versao_tentada", sa.String(64)),
                sa.Column("sequencia", sa.BigInteger, nullable=False),
                sa.Column("entregue_em", _momento(), nullable=False),
                sa.Column("operacao", sa.String(10), nullable=False),
            ]
        case "marca_dagua":
            return [
                _chave("processo", sa.String(60)),
                _chave("origem", sa.String(100)),
                sa.Column("marcador", sa.String(100)),
                sa.Column("chave", _texto(200)),
                sa.Column("executado_em", _momento(), nullable=False),
                sa.Column("detalhe", sa.Text().with_variant(mssql.NVARCHAR(), "mssql")),
            ]
        case "carga_vista":
            marcador = sa.String(100).with_variant(postgresql.VARCHAR(100, collation="C"), "postgresql")
            return [
                _chave("processo", sa.String(60)),
                _chave("origem", sa.String(100)),
                _chave("chave", _texto(200)),
                _chave("marcador", marcador),
            ]
        case _:
            return [
                _chave("catalogo", sa.String(60)),
                _chave("codigo", _texto(200)),
                sa.Column("ocorrencias", sa.BigInteger, nullable=False),
                sa.Column("ultima_em", _momento(), nullable=False),
            ]


def upgrade() -> None:
    _criar_fila(FILA)
    for nome in SIMPLES:
        if _falta(nome):
            op.create_table(nome, _chave("integracao_id", sa.Integer()), *_colunas(nome))
    if op.get_context().dialect.name == "oracle" and _falta("fila_entrada"):
        # Where enqueuing gathers a batch; the other engines create theirs in the session.
        op.create_table(
            "fila_entrada",
            sa.Column("n", sa.BigInteger, nullable=False),
            sa.Column("chave", _texto(200), nullable=False),
            sa.Column("chave_paciente", _texto(200)),
            sa.Column("operacao", sa.String(10), nullable=False),
            sa.Column("prioridade", sa.SmallInteger, nullable=False),
            prefixes=["GLOBAL TEMPORARY"],
            oracle_on_commit="DELETE ROWS",
        )


def downgrade() -> None:
    if op.get_context().dialect.name == "oracle":
        op.drop_table("fila_entrada")
    for nome in (*reversed(SIMPLES), quoted_name(FILA, quote=False)):
        op.drop_table(nome)
