"""The FHIR module's tables: the SQL beside this file."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from include.fusion.fhir.platform.migrate import apply_file

revision = "0001_fhir"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    apply_file(op.get_bind(), Path(__file__).with_suffix(".sql"))
