"""Keys, of which a hash is kept; files in pieces and idempotency keys belong to whoever sends them."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE api_keys (
        id varchar(16) NOT NULL,
        name text NOT NULL,
        hash varchar(64) NOT NULL,
        scopes jsonb NOT NULL,
        datasets jsonb NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        last_used_at timestamptz,
        revoked_at timestamptz,
        CONSTRAINT api_keys_pk PRIMARY KEY (id),
        CONSTRAINT api_keys_hash_key UNIQUE (hash)
    )
    """,
    "ALTER TABLE resumables ADD COLUMN owner text NOT NULL DEFAULT ''",
    "ALTER TABLE idempotency_keys ALTER COLUMN key TYPE text",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
