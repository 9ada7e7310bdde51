"""Long histories: an index for every list, and for whatever looks for the few that something is to be done about among the many that are over.

A name is compared by how it begins (`varchar_pattern_ops`), for keys see datasets by the beginnings of their names. A file's name is cut to what an
index can hold: older ones may be longer than any is today.
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

STATEMENTS = (
    "CREATE INDEX uploads_dataset_created_index ON uploads (dataset varchar_pattern_ops, created_at, id)",
    "CREATE INDEX uploads_state_index ON uploads (state, created_at, id)",
    "CREATE INDEX uploads_name_index ON uploads (left(file_name, 255), id)",
    "CREATE INDEX uploads_size_index ON uploads (coalesce(size_bytes, 0), id)",
    "CREATE INDEX uploads_version_index ON uploads (dataset_id, version)",
    "CREATE INDEX uploads_unclean_index ON uploads (dataset_id, state) WHERE version IS NOT NULL AND cleaned_at IS NULL",
    "CREATE INDEX uploads_with_file_index ON uploads (dataset_id, version) WHERE file_removed_at IS NULL",
    "CREATE INDEX uploads_removing_index ON uploads (dataset_id, removing_at) WHERE removing_at IS NOT NULL",
    "CREATE INDEX uploads_without_rows_index ON uploads (created_at) WHERE state <> 'COMPLETE' OR file_removed_at IS NOT NULL",
    "CREATE INDEX versions_readable_index ON versions (dataset_id, number) WHERE removed_at IS NULL AND published_at IS NOT NULL",
    "CREATE INDEX versions_anew_index ON versions (dataset_id, stands_before) WHERE stands_before IS NOT NULL",
    "CREATE INDEX uploads_table_index ON uploads (table_id)",
    "CREATE INDEX versions_table_index ON versions (table_id)",
    "CREATE INDEX versions_upload_index ON versions (upload_id)",
    "CREATE INDEX audit_events_action_index ON audit_events (action, number)",
    "CREATE INDEX audit_events_principal_id_index ON audit_events (principal_id, number)",
    "CREATE INDEX audit_events_principal_index ON audit_events (principal, number)",
    "CREATE INDEX webhook_deliveries_list_index ON webhook_deliveries (webhook_id, created_at, id)",
    "DROP INDEX webhook_deliveries_webhook_index",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
