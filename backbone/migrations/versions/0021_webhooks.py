"""Webhooks: who is told of what, and what was, or is to be, told to each."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE webhooks (
        id varchar(36) NOT NULL,
        url text NOT NULL,
        datasets jsonb NOT NULL,
        events jsonb NOT NULL,
        secret text NOT NULL,
        paused boolean NOT NULL DEFAULT false,
        owner text NOT NULL DEFAULT '',
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT webhooks_pk PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE webhook_deliveries (
        id varchar(40) NOT NULL,
        webhook_id varchar(36) NOT NULL,
        event varchar(40) NOT NULL,
        dataset varchar(60),
        subject text NOT NULL,
        state varchar(10) NOT NULL DEFAULT 'WAITING',
        payload text,
        attempts integer NOT NULL DEFAULT 0,
        next_at timestamptz NOT NULL DEFAULT now(),
        first_at timestamptz NOT NULL DEFAULT now(),
        status integer,
        error text,
        created_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz,
        CONSTRAINT webhook_deliveries_pk PRIMARY KEY (id),
        CONSTRAINT webhook_deliveries_webhook_id_fk FOREIGN KEY (webhook_id) REFERENCES webhooks (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX webhook_deliveries_waiting_index ON webhook_deliveries (next_at) WHERE state = 'WAITING'",
    "CREATE INDEX webhook_deliveries_webhook_index ON webhook_deliveries (webhook_id, id)",
    "CREATE INDEX webhook_deliveries_created_index ON webhook_deliveries (created_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
