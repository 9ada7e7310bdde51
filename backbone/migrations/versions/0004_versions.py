"""What versions need: chunk numbers per dataset, versions that are no more, uploads that replace rows and datasets that go."""

from alembic import op

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    # A `_row` names a row of its dataset for ever, in whichever of the dataset's tables it stands.
    "ALTER TABLE datasets ADD COLUMN next_chunk integer NOT NULL DEFAULT 0",
    "UPDATE datasets SET next_chunk = (SELECT coalesce(max(t.next_chunk), 0) FROM row_tables t WHERE t.dataset_id = datasets.id)",
    "ALTER TABLE row_tables DROP COLUMN next_chunk",
    "ALTER TABLE datasets ADD COLUMN versions_kept integer",
    "ALTER TABLE datasets ADD COLUMN removed_at timestamptz",
    "ALTER TABLE row_tables ADD COLUMN swept_version integer NOT NULL DEFAULT 0",
    "ALTER TABLE versions ADD COLUMN removed_at timestamptz",
    "ALTER TABLE versions ADD COLUMN removed_why varchar(10)",
    "ALTER TABLE versions ADD COLUMN stands_before integer",
    "ALTER TABLE versions ALTER COLUMN upload_id DROP NOT NULL",
    "ALTER TABLE versions DROP CONSTRAINT versions_upload_id_fk",
    "ALTER TABLE versions ADD CONSTRAINT versions_upload_id_fk FOREIGN KEY (upload_id) REFERENCES uploads (id) ON DELETE SET NULL",
    "ALTER TABLE versions ALTER COLUMN table_id DROP NOT NULL",
    "ALTER TABLE versions DROP CONSTRAINT versions_table_id_fk",
    "ALTER TABLE versions ADD CONSTRAINT versions_table_id_fk FOREIGN KEY (table_id) REFERENCES row_tables (id) ON DELETE SET NULL",
    "ALTER TABLE uploads ADD COLUMN superseded bigint",
    "ALTER TABLE uploads ADD COLUMN copied_from bigint",
    "ALTER TABLE uploads ADD COLUMN removing_at timestamptz",
    "ALTER TABLE uploads ADD COLUMN file_removed_at timestamptz",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
