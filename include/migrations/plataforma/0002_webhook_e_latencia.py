"""Latency of a synchronisation, and the webhook calls that were taken: the SQL beside this file."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from include.fusion.fhir.platform.migrate import apply_file

revision = "0002_webhook_e_latencia"
down_revision = "0001_fhir"
branch_labels = None
depends_on = None


def upgrade() -> None:
    apply_file(op.get_bind(), Path(__file__).with_suffix(".sql"))
