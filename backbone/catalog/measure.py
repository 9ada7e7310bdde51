"""What the catalog knows of all processes' work, measured for `/metrics`: uploads and chunks by state, the outbox, dead letters, datasets."""

from collections.abc import Iterable, Mapping
from typing import Final

from prometheus_client import Gauge
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.states import CHUNK_STEPS, UPLOAD_STEPS
from backbone.metrics import CHUNKS, DATASETS, DEAD_LETTERS, QUEUE_EVENTS, QUEUE_OLDEST_S, UPLOADS, UPLOADS_OLDEST_S, Reading
from backbone.postgres.engine import autocommit

OUTBOX: Final = "outbox"
PASSING: Final = ("RECEIVING", "PENDING", "PROCESSING")  # HELD waits for a person, as long as that takes
LETTER_STATES: Final = ("waiting", "replayed")

# Counted in an index alone: of a million uploads nearly all are over.
_UPLOADS: Final = text("SELECT state, count(*) AS number FROM uploads GROUP BY state")
_OLDEST: Final = text("""
    SELECT state, extract(epoch FROM now() - min(CASE state
        WHEN 'PROCESSING' THEN started_at WHEN 'PENDING' THEN received_at ELSE created_at END))::float8 AS oldest_s
    FROM uploads WHERE state IN ('RECEIVING', 'PENDING', 'PROCESSING') GROUP BY state
""")
_CHUNKS: Final = text("""
    SELECT chunks.state, count(*) AS number FROM chunks JOIN uploads ON uploads.id = chunks.upload_id
    WHERE uploads.state = 'PROCESSING' GROUP BY chunks.state
""")
_OUTBOX: Final = text("SELECT count(*) AS number, extract(epoch FROM now() - min(created_at))::float8 AS oldest_s FROM events")
_LETTERS: Final = text("""
    SELECT CASE WHEN replayed_at IS NULL THEN 'waiting' ELSE 'replayed' END AS state, count(*) AS number FROM dead_letters GROUP BY 1
""")
_DATASETS: Final = text("""
    SELECT count(*) AS datasets, coalesce(sum(versions.rows), 0)::float8 AS rows
    FROM datasets LEFT JOIN versions ON versions.dataset_id = datasets.id AND versions.number = datasets.version
    WHERE datasets.removed_at IS NULL
""")


async def measure_catalog(engine: AsyncEngine) -> list[Reading]:
    """Raises `Unavailable`."""
    async with autocommit(engine) as connection:
        uploads = (await connection.execute(_UPLOADS)).all()
        passing = (await connection.execute(_OLDEST)).all()
        chunks = (await connection.execute(_CHUNKS)).all()
        outbox = (await connection.execute(_OUTBOX)).one()
        letters = (await connection.execute(_LETTERS)).all()
        datasets = (await connection.execute(_DATASETS)).one()
    return [
        *_readings(UPLOADS, UPLOAD_STEPS, {row.state: row.number for row in uploads}),
        *_readings(UPLOADS_OLDEST_S, PASSING, {row.state: row.oldest_s for row in passing}),
        *_readings(CHUNKS, CHUNK_STEPS, {row.state: row.number for row in chunks}),
        *_readings(DEAD_LETTERS, LETTER_STATES, {row.state: row.number for row in letters}),
        Reading(DATASETS, "datasets", datasets.datasets),
        Reading(DATASETS, "rows", datasets.rows),
        Reading(QUEUE_EVENTS, OUTBOX, outbox.number),
        Reading(QUEUE_OLDEST_S, OUTBOX, max(0.0, outbox.oldest_s or 0.0)),
    ]


def _readings(gauge: Gauge, labels: Iterable[str], values: Mapping[str, float | None]) -> list[Reading]:
    return [Reading(gauge, label, max(0.0, values.get(label) or 0.0)) for label in labels]
