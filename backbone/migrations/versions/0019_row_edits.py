"""Uploads that change or delete single rows: what came of them, and which rows they mean that are named by number."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE uploads ADD COLUMN deleted bigint, ADD COLUMN missing bigint",
    """
    CREATE TABLE row_targets (
        upload_id varchar(36) NOT NULL CONSTRAINT row_targets_upload_id_fk REFERENCES uploads (id) ON DELETE CASCADE,
        chunk integer NOT NULL,
        position integer NOT NULL,
        "row" bigint NOT NULL,
        CONSTRAINT row_targets_pk PRIMARY KEY (upload_id, chunk, position)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
