"""The books, as they were at the first release."""

from alembic import op

from backbone.books.tables import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
