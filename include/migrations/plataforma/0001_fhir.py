"""The FHIR module's tables: the SQL beside this file."""

from alembic import op

from include.fusion.fhir.platform.migrate import apply_file

revision = "0001_fhir"
down_revision = None


def upgrade() -> None:
    apply_file(op.get_bind(), __file__)
