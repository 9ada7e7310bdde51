"""Every metric of Rowmill in one place, as `/metrics` gives them out; docs/metrics.md is written from here. Counted per request, event, chunk
or block, never per row.

What PostgreSQL or the event log know for all processes (queues, uploads, chunks, dead letters) is measured when somebody scrapes, by the
processes that have it at hand: so several may tell the same, and `max by (…)` is the way to read it.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, NamedTuple

from prometheus_client import Counter, Gauge, Histogram, Info

SHORT_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
LONG_S: Final = (0.02, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)

BUILD = Info("rowmill_build", "The version that runs here")

# Files that come in
RECEIVED_BYTES = Counter("rowmill_received_bytes_total", "Bytes of files received, as they came")
UPLOAD_STEPS = Counter(
    "rowmill_upload_steps_total", "Uploads that came into a state; a step that its transaction undid is counted too", ["state"]
)
STAGE_SECONDS = Histogram(
    "rowmill_upload_stage_seconds",
    "How long a published upload took: receiving, queued, loading, merging, indexing, publishing, and all of it",
    ["stage"],
    buckets=LONG_S,
)

# Chunks on their way
PARSED_BYTES = Counter("rowmill_parsed_bytes_total", "Bytes of chunks loaded")
ROWS = Counter("rowmill_rows_loaded_total", "Rows loaded into PostgreSQL")
REJECTS = Counter("rowmill_rejects_total", "Records that could not be loaded, by the code of the reason", ["reason"])
DOCUMENTS = Counter("rowmill_documents_total", "Rows that became searchable")
CHUNK_SECONDS = Histogram(
    "rowmill_chunk_seconds", "Time in a step of a chunk: read, parse and copy load it, index makes it searchable", ["step"], buckets=SHORT_S
)

# Events
EVENTS = Counter("rowmill_events_total", "Events that met their fate: handled, rejected, failed, undecodable", ["group", "type", "outcome"])
RETRIES = Counter("rowmill_event_retries_total", "Tries that did not settle an event: unavailable or error", ["group", "type", "reason"])
HANDLER_SECONDS = Histogram("rowmill_event_handler_seconds", "Time in a handler, per try", ["group", "type"], buckets=LONG_S)
WAIT_SECONDS = Histogram("rowmill_event_wait_seconds", "From an event to the first try of its handler", ["group", "type"], buckets=LONG_S)
IN_HAND = Gauge("rowmill_events_in_hand", "Events taken and not settled yet", ["group"])
PUBLISHED = Counter("rowmill_outbox_published_total", "Events brought from the outbox to the event log")
TASK_ROUNDS = Counter("rowmill_task_rounds_total", "Rounds of a periodic task: done, unavailable or failed", ["task", "outcome"])
SOURCE_RUNS = Counter("rowmill_source_runs_total", "Runs of sources and enrichments that ended: done, unchanged or failed", ["outcome"])
WEBHOOK_DELIVERIES = Counter(
    "rowmill_webhook_deliveries_total", "Tries to tell a webhook: delivered, tried in vain, failed for good", ["outcome"]
)

# Measured when somebody scrapes
QUEUE_EVENTS = Gauge("rowmill_queue_events", "Events that wait: in the outbox, or for a group (its lag)", ["queue"])
QUEUE_OLDEST_S = Gauge("rowmill_queue_oldest_seconds", "Age of the oldest event that waits; 0 when none does", ["queue"])
UPLOADS = Gauge("rowmill_uploads", "Uploads by state", ["state"])
UPLOADS_OLDEST_S = Gauge("rowmill_uploads_oldest_seconds", "How long the oldest upload in a state that passes has been there", ["state"])
CHUNKS = Gauge("rowmill_chunks", "Chunks by state, of the uploads under way", ["state"])
DEAD_LETTERS = Gauge("rowmill_dead_letters", "Dead letters that are kept: waiting for a person, or replayed", ["state"])
DATASETS = Gauge("rowmill_datasets", "Datasets, and the rows that readers of them see", ["of"])
CONNECTIONS = Gauge(
    "rowmill_postgres_connections", "Connections of this process to PostgreSQL: in use, idle, and the most it opens", ["use"]
)
SERVER_UP = Gauge("rowmill_server_up", "Whether a server that this process needs answered (1) or not (0)", ["server"])
SERVER_SECONDS = Gauge("rowmill_server_answer_seconds", "How long it took to answer", ["server"])
MEASURE_FAILURES = Counter("rowmill_measure_failures_total", "Measurements that failed, whose metrics are absent then", ["measure"])

# Readers
SEARCH_SECONDS = Histogram("rowmill_search_seconds", "Time in the search engine: search or facets", ["operation"], buckets=SHORT_S)
GROUP_SECONDS = Histogram("rowmill_group_seconds", "Time to make a page of groups that was not in the cache", buckets=SHORT_S)
GROUP_CACHE = Counter("rowmill_group_cache_total", "Pages of groups asked for: hit or miss", ["outcome"])
GROUP_CACHE_BYTES = Gauge("rowmill_group_cache_bytes", "Bytes of answers in the cache of groups")
EXPORTED_BYTES = Counter("rowmill_exported_bytes_total", "Bytes of exports made", ["format"])
EXPORTS = Gauge("rowmill_exports_in_progress", "Exports under way in this process")


class Reading(NamedTuple):
    """A gauge of one label, and what it shows."""

    gauge: Gauge
    label: str
    value: float


Measure = Callable[[], Awaitable[Sequence[Reading]]]


def start_at_zero(counter: Counter, *labels: Iterable[str]) -> None:
    """Makes the series that will be counted in: one that appears with its first event has no increase that anybody could see."""
    combined: list[tuple[str, ...]] = [()]
    for values in labels:
        combined = [(*before, value) for before in combined for value in values]
    for values in combined:
        counter.labels(*values)
