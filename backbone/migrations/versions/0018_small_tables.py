"""A table says whether its rows have documents in the search index: small ones have none. Tables of before have theirs."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE row_tables ADD COLUMN documents varchar(10) NOT NULL DEFAULT 'there'")
