"""Queue of Tasy's attendances, and what was last seen of tables that keep only a version per row (Sotech)."""

from __future__ import annotations

import importlib

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mssql
from sqlalchemy.sql.elements import quoted_name

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FILA = "ImportarAtendimento"


def upgrade() -> None:
    # A migration never changes once it is out: the shape of a queue on that day is the first one's.
    importlib.import_module("include.migrations.versions.0001_filas")._criar_fila(FILA)
    op.create_table(
        "retrato",
        sa.Column("integracao_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("processo", sa.String(60), primary_key=True, autoincrement=False),
        sa.Column("origem", sa.String(100), primary_key=True, autoincrement=False),
        sa.Column("bloco", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("quantidade", sa.BigInteger(), nullable=False),
        sa.Column("soma", sa.BigInteger(), nullable=False),
        sa.Column("conteudo", sa.Text().with_variant(mssql.NVARCHAR(), "mssql"), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("retrato")
    op.drop_table(quoted_name(FILA, quote=False))
