"""The name of an upload's dataset is the dataset's own, so that a rename writes no upload: lists look for numbers of datasets, and for names only among
the uploads that belong to none yet."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

STATEMENTS = (
    "DROP INDEX uploads_dataset_created_index",
    "CREATE INDEX uploads_dataset_created_index ON uploads (dataset_id, created_at, id)",
    "CREATE INDEX uploads_unnamed_index ON uploads (dataset varchar_pattern_ops, created_at, id) WHERE dataset_id IS NULL",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
