"""Delivery under faults: heartbeats of uploads, what is done now and then, idempotency keys, dead letters."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE uploads ADD COLUMN heartbeat_at timestamptz NOT NULL DEFAULT now()",
    "ALTER TABLE uploads ADD COLUMN same_as varchar(36)",
    "CREATE INDEX uploads_receiving_index ON uploads (heartbeat_at) WHERE state = 'RECEIVING'",
    "CREATE INDEX uploads_dataset_sha256_index ON uploads (dataset_id, sha256)",
    """
    CREATE TABLE chores (
        name varchar(40) NOT NULL,
        begun_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT chores_pk PRIMARY KEY (name)
    )
    """,
    """
    CREATE TABLE idempotency_keys (
        key varchar(255) NOT NULL,
        upload_id varchar(36) NOT NULL,
        asked jsonb NOT NULL,
        answer jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT idempotency_keys_pk PRIMARY KEY (key),
        CONSTRAINT idempotency_keys_upload_id_fk FOREIGN KEY (upload_id) REFERENCES uploads (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX idempotency_keys_upload_id_index ON idempotency_keys (upload_id)",
    """
    CREATE TABLE dead_letters (
        number bigserial NOT NULL,
        id varchar(36) NOT NULL,
        subject text NOT NULL,
        data jsonb NOT NULL,
        died_at timestamptz NOT NULL DEFAULT now(),
        replayed_at timestamptz,
        CONSTRAINT dead_letters_pk PRIMARY KEY (number),
        CONSTRAINT dead_letters_id_key UNIQUE (id)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
