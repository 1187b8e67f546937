"""Queues of MV and Skymed: patients to update, attendances that Fusion asks for, surgery bookings and what applications still have to do."""

from __future__ import annotations

import importlib

from alembic import op
from sqlalchemy.sql.elements import quoted_name

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FILAS = ("PendenciaIntegracao", "PendenciaBuscaAtendimentos", "AtualizacaoAgendaCirurgia", "AplicacaoPendencia")


def upgrade() -> None:
    # A migration never changes once it is out: the shape of a queue on that day is the first one's.
    primeira = importlib.import_module("include.migrations.versions.0001_filas")
    for nome in FILAS:
        primeira._criar_fila(nome)


def downgrade() -> None:
    for nome in reversed(FILAS):
        op.drop_table(quoted_name(nome, quote=False))
