"""Findings: what was decided about a file, kept with its chunks while they load and with the upload afterwards."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE uploads ADD COLUMN findings jsonb NOT NULL DEFAULT '{}'",
    "ALTER TABLE chunks ADD COLUMN findings jsonb NOT NULL DEFAULT '[]'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
