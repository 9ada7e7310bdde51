"""Tables whose index in Elasticsearch is of the first rule of words have no documents any more: their rows are searched as they lie, exactly and
by the rules of today, until the next upload, or `rowmill index`, makes an index of today. The indexer drops the old ones.
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE row_tables SET documents = 'old', words_rule = 3 WHERE words_rule < 2")
