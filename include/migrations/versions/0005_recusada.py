"""Which HL7 messages the receiver refused: one that is in error for want of an answer may have arrived."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import oracle
from sqlalchemy.sql.elements import quoted_name

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FILA = quoted_name("PacienteArquivo", quote=False)


def upgrade() -> None:
    booleano = sa.Boolean().with_variant(oracle.NUMBER(1), "oracle")  # type: ignore[no-untyped-call]
    op.add_column(FILA, sa.Column("recusada", booleano))


def downgrade() -> None:
    op.drop_column(FILA, "recusada")
