"""What an installation could read when it was last looked at, and its last check-up."""

from __future__ import annotations

import importlib

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mssql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    primeira = importlib.import_module("include.migrations.versions.0001_filas")
    op.create_table(
        "linha_de_base",
        sa.Column("integracao_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("item", sa.String(100), primary_key=True, autoincrement=False),
        sa.Column("comando", sa.String(100), nullable=False),
        sa.Column("desde", primeira._momento(), nullable=False),
    )
    op.create_table(
        "conferencia",
        sa.Column("instalacao", primeira._texto(200), primary_key=True, autoincrement=False),
        sa.Column("feita_em", primeira._momento(), nullable=False),
        sa.Column("relatorio", sa.Text().with_variant(mssql.NVARCHAR(), "mssql"), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("conferencia")
    op.drop_table("linha_de_base")
