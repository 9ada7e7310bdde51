"""How many shards a table's search index was made with: one, until now."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("row_tables", sa.Column("shards", sa.SmallInteger, nullable=False, server_default="1"))
