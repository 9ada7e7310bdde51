"""Who changed what, and who was turned away: lines that nobody rewrites."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE audit_events (
        number bigserial NOT NULL,
        at timestamptz NOT NULL DEFAULT now(),
        action text NOT NULL,
        principal_id text NOT NULL,
        principal text NOT NULL,
        request_id text NOT NULL,
        dataset text,
        object text,
        detail jsonb NOT NULL DEFAULT '{}',
        CONSTRAINT audit_events_pk PRIMARY KEY (number)
    )
    """,
    "CREATE INDEX audit_events_at_index ON audit_events (at)",
    "CREATE INDEX audit_events_dataset_index ON audit_events (dataset, number)",
    """
    CREATE FUNCTION rowmill_audit_stays() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        RAISE EXCEPTION 'audit events are not rewritten';
    END
    $body$
    """,
    "CREATE TRIGGER audit_events_stay BEFORE UPDATE ON audit_events FOR EACH ROW EXECUTE FUNCTION rowmill_audit_stays()",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
