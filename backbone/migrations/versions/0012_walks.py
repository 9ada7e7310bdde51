"""A version of which pages are read by cursor is kept for a while, however many are published meanwhile."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE versions ADD COLUMN walked_until timestamptz")
