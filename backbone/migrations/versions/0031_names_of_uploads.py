"""The name of an upload's dataset is the dataset's own, so that a rename writes no upload: lists look for numbers of datasets, and for names only among
the uploads that belong to none yet. The index by name stays for pods of the version before."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

STATEMENTS = (
    "CREATE INDEX uploads_of_dataset_index ON uploads (dataset_id, created_at, id)",
    "CREATE INDEX uploads_unnamed_index ON uploads (dataset varchar_pattern_ops, created_at, id) WHERE dataset_id IS NULL",
    # Last: readers of any dataset wait for it.
    "ALTER TABLE datasets ADD COLUMN removed_name varchar(60)",
    """
    UPDATE datasets SET removed_name = (SELECT dataset FROM uploads WHERE dataset_id = datasets.id LIMIT 1) WHERE removed_at IS NOT NULL
    """,
    "CREATE INDEX datasets_removed_name_index ON datasets (removed_name) WHERE removed_name IS NOT NULL",
    """
    CREATE OR REPLACE FUNCTION rowmill_tell_of_upload() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        named text := (
            SELECT coalesce(removed_name, CASE WHEN removed_at IS NULL THEN name END) FROM datasets
            WHERE id = coalesce(NEW.dataset_id, OLD.dataset_id)
        );
    BEGIN
        PERFORM pg_notify('rowmill_uploads', coalesce(NEW.id, OLD.id) || ' ' || coalesce(named, NEW.dataset, OLD.dataset));
        RETURN NULL;
    END $$
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
