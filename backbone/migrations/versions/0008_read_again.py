"""A table knows which of its columns were given other types afterwards, and which of its rows were rejects when their file was loaded."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE row_tables ADD COLUMN reread jsonb",
    "CREATE TABLE recovered_rows (table_id bigint NOT NULL, row bigint NOT NULL, CONSTRAINT recovered_rows_pk PRIMARY KEY (table_id, row), "
    "CONSTRAINT recovered_rows_table_id_fk FOREIGN KEY (table_id) REFERENCES row_tables (id) ON DELETE CASCADE)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
