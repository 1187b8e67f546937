"""Queue of HL7 messages (TrackCare)."""

from __future__ import annotations

import importlib

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.elements import quoted_name

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FILA = "PacienteArquivo"


def upgrade() -> None:
    # A migration never changes once it is out: the shape of a queue on that day is the first one's.
    importlib.import_module("include.migrations.versions.0001_filas")._criar_fila(FILA)
    op.add_column(quoted_name(FILA, quote=False), sa.Column("mensagem", sa.LargeBinary()))


def downgrade() -> None:
    op.drop_table(quoted_name(FILA, quote=False))
