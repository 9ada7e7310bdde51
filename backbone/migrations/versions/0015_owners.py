"""Whose an upload and a dataset are, so that one principal cannot fill the place of all."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE uploads ADD COLUMN owner text NOT NULL DEFAULT ''",
    "ALTER TABLE datasets ADD COLUMN owner text NOT NULL DEFAULT ''",
    "CREATE INDEX uploads_owner_index ON uploads (owner, created_at) WHERE owner <> ''",
    "CREATE INDEX datasets_owner_index ON datasets (owner) WHERE owner <> ''",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
