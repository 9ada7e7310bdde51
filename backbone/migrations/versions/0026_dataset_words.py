"""The words of small datasets, so that a search over all of them asks only those that can have what is looked for."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE datasets ADD COLUMN words_version integer")
    op.execute(
        "CREATE INDEX datasets_wordless_index ON datasets (id) "
        "WHERE version > 0 AND removed_at IS NULL AND words_version IS DISTINCT FROM version"
    )
    op.execute(
        """
    CREATE TABLE dataset_words (
        dataset_id bigint NOT NULL CONSTRAINT dataset_words_pk PRIMARY KEY
            CONSTRAINT dataset_words_dataset_id_fk REFERENCES datasets ON DELETE CASCADE,
        language varchar(20) NOT NULL,
        words tsvector NOT NULL
    )"""
    )
    # Without a list of what is pending, which each search would read through.
    op.execute("CREATE INDEX dataset_words_words_index ON dataset_words USING gin (words) WITH (fastupdate = off)")
    op.execute("CREATE INDEX dataset_words_language_index ON dataset_words (language)")
