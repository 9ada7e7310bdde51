"""Each dataset knows how long its longest row is at most, so that pages of long rows are cut by their bytes."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE datasets ADD COLUMN longest_row bigint NOT NULL DEFAULT 0",
    """
    UPDATE datasets SET longest_row = coalesce((
        SELECT max((SELECT sum((profiled.value ->> 'longest')::bigint) FROM jsonb_array_elements(uploads.profile) AS profiled))
        FROM uploads WHERE uploads.dataset_id = datasets.id AND jsonb_typeof(uploads.profile) = 'array'
    ), 0)
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
