"""How late a synchronisation is, and the webhook calls that were taken: the SQL beside this file."""

from alembic import op

from include.fusion.fhir.platform.migrate import apply_file

revision = "0002_webhook_e_latencia"
down_revision = "0001_fhir"


def upgrade() -> None:
    apply_file(op.get_bind(), __file__)
