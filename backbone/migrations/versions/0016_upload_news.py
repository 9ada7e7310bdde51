"""Uploads that change are told of, so that whoever watches them need not ask again and again."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE FUNCTION rowmill_tell_of_upload() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('rowmill_uploads', coalesce(NEW.id, OLD.id) || ' ' || coalesce(NEW.dataset, OLD.dataset));
        RETURN NULL;
    END $$
    """,
    "CREATE TRIGGER uploads_tell AFTER INSERT OR UPDATE OR DELETE ON uploads FOR EACH ROW EXECUTE FUNCTION rowmill_tell_of_upload()",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
