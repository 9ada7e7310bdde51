"""Files that are sent in pieces."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE resumables (
        id varchar(36) NOT NULL,
        size_bytes bigint NOT NULL,
        received_bytes bigint NOT NULL DEFAULT 0,
        metadata text NOT NULL,
        options jsonb NOT NULL,
        upload_id varchar(36),
        finished_at timestamptz,
        touched_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT resumables_pk PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX resumables_touched_index ON resumables (touched_at)",
    """
    CREATE TABLE pieces (
        resumable_id varchar(36) NOT NULL,
        "offset" bigint NOT NULL,
        length bigint NOT NULL,
        key text NOT NULL,
        CONSTRAINT pieces_pk PRIMARY KEY (resumable_id, "offset"),
        CONSTRAINT pieces_resumable_id_fk FOREIGN KEY (resumable_id) REFERENCES resumables (id) ON DELETE CASCADE
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
