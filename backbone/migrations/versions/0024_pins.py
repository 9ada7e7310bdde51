"""Pins: groups of a dataset that everybody who looks at it sees first."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE datasets ADD COLUMN pins jsonb NOT NULL DEFAULT '[]'")
