"""Guards of a dataset: what holds for each of its uploads, whatever the upload says."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE datasets ADD COLUMN guards jsonb NOT NULL DEFAULT '{}'")
