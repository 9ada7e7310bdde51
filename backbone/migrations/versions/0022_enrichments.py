"""Enrichments: sources of fields for rows that are there, when they run by themselves, and what each value was answered."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE sources ADD COLUMN on_upload boolean NOT NULL DEFAULT false",
    "CREATE INDEX sources_on_upload_index ON sources (dataset) WHERE on_upload",
    "ALTER TABLE source_runs ADD COLUMN only_new boolean NOT NULL DEFAULT false, ADD COLUMN counts jsonb",
    """
    CREATE TABLE enrichment_values (
        source_id bigint NOT NULL,
        digest bytea NOT NULL,
        value text NOT NULL,
        state varchar(10) NOT NULL,
        answer text,
        reason text,
        run_id varchar(36) NOT NULL,
        asked_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT enrichment_values_pk PRIMARY KEY (source_id, digest),
        CONSTRAINT enrichment_values_source_id_fk FOREIGN KEY (source_id) REFERENCES sources (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX enrichment_values_run_index ON enrichment_values (run_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
