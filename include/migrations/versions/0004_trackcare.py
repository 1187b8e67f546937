"""Queue of HL7 messages, and the Integrador's copy of TrackCare's patients."""

from __future__ import annotations

import importlib

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.elements import quoted_name

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FILA, COPIA = "PacienteArquivo", "PacienteSES"


def upgrade() -> None:
    # A migration never changes once it is out: the shape of a queue on that day is the first one's.
    importlib.import_module("include.migrations.versions.0001_filas")._criar_fila(FILA)
    texto = importlib.import_module("include.migrations.versions.0001_filas")._texto
    op.add_column(quoted_name(FILA, quote=False), sa.Column("assunto", texto(200)))
    op.add_column(quoted_name(FILA, quote=False), sa.Column("mensagem", sa.LargeBinary()))
    op.create_table(
        quoted_name(COPIA, quote=False),
        sa.Column("integracao_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("pacienteid", sa.BigInteger(), primary_key=True, autoincrement=False),
        *(sa.Column(nome, texto(250)) for nome in ("prontuario", "nome", "nome2", "nome3", "nomemae")),
        sa.Column("datanascimento", sa.String(10)),
        sa.Column("sexo", texto(10)),
        *(sa.Column(nome, texto(250)) for nome in ("documento", "cartao", "celular", "email")),
        sa.Column("obito", sa.String(1)),
        sa.Column("dataobito", sa.String(10)),
        sa.Column("unificadocom", sa.BigInteger()),
        sa.Column("alteradoclinicoem", sa.String(40)),
        sa.Column("atualizadoem", sa.String(40), nullable=False),
    )


def downgrade() -> None:
    op.drop_table(quoted_name(COPIA, quote=False))
    op.drop_table(quoted_name(FILA, quote=False))
