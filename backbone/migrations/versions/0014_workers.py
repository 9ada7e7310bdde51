"""Processes tell of themselves: that they are there, and what they have in hand."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE workers (
        id text NOT NULL,
        told jsonb NOT NULL,
        seen_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT workers_pk PRIMARY KEY (id)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
