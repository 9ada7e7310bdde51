"""The embedded event log: topics in partitions, groups with committed offsets, members."""

from alembic import op

revision = "0002"
down_revision = "0003"  # it came first: a database that stands at 0003 gets these tables too
branch_labels = None
depends_on = None

TABLES = (
    # The row of a partition is its lock: numbers are given and committed in one order, so a reader never skips one still to come.
    """
    CREATE TABLE log_heads (
        topic text NOT NULL,
        partition integer NOT NULL,
        next_number bigint NOT NULL,
        CONSTRAINT log_heads_pk PRIMARY KEY (topic, partition)
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE log_events (
        topic text NOT NULL,
        partition integer NOT NULL,
        number bigint NOT NULL,
        written_at timestamptz NOT NULL DEFAULT now(),
        body bytea NOT NULL,
        CONSTRAINT log_events_pk PRIMARY KEY (topic, partition, number)
    )
    """,
    # How far a group has come. The row exists from the group's first member on, and holds back retention.
    """
    CREATE TABLE log_offsets (
        group_name text NOT NULL,
        topic text NOT NULL,
        partition integer NOT NULL,
        committed bigint NOT NULL DEFAULT 0,
        CONSTRAINT log_offsets_pk PRIMARY KEY (group_name, topic, partition)
    ) WITH (fillfactor = 50)
    """,
    # A member is its database session: gone with it, whatever this table still says.
    """
    CREATE TABLE log_members (
        number bigint GENERATED ALWAYS AS IDENTITY,
        group_name text NOT NULL,
        topics text[] NOT NULL,
        pid integer NOT NULL,
        backend_start timestamptz NOT NULL,
        heartbeat_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT log_members_pk PRIMARY KEY (number)
    ) WITH (fillfactor = 50)
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
