"""The four Grafana dashboards as values: what stands on each, and by which expressions. `tools/render_dashboards.py` writes them as JSON."""

from collections.abc import Mapping
from typing import Final, NamedTuple

WINDOW: Final = "$__rate_interval"
PODS: Final = 'job=~"$job"'


class Panel(NamedTuple):
    """`queries`: the legend of each expression; `{{label}}` in it is that label's value."""

    title: str
    unit: str
    queries: Mapping[str, str]
    kind: str = "timeseries"  # or stat


def rate(metric: str, by: str = "", where: str = "") -> str:
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (rate({metric}{{{PODS}{where}}}[{WINDOW}]))"


def most(metric: str, by: str, where: str = "") -> str:
    """Of what several processes measure alike."""
    return f"max by ({by}) ({metric}{{{PODS}{where}}})"


def quantile(fraction: float, metric: str, by: str = "", where: str = "") -> str:
    grouped = f"le, {by}" if by else "le"
    return f"histogram_quantile({fraction}, sum by ({grouped}) (rate({metric}_bucket{{{PODS}{where}}}[{WINDOW}])))"


def percentiles(metric: str, by: str = "", where: str = "") -> dict[str, str]:
    label = f" {{{{{by}}}}}" if by else ""
    return {f"p{fraction * 100:.0f}{label}": quantile(fraction, metric, by, where) for fraction in (0.5, 0.95, 0.99)}


REQUESTS: Final = "rowmill_http_requests_total"
DURATION: Final = "rowmill_http_request_duration_seconds"
CONNECTIONS: Final = "rowmill_postgres_connections"
SHARE_IN_USE: Final = f'sum({CONNECTIONS}{{{PODS}, use="in use"}}) / sum({CONNECTIONS}{{{PODS}, use="most"}})'

OVERVIEW: Final = (
    Panel("Processes", "none", {"up": f"sum(up{{{PODS}}})"}, "stat"),
    Panel("Versions running", "none", {"{{version}}": f"count by (version) (rowmill_build_info{{{PODS}}})"}, "stat"),
    Panel("Datasets", "none", {"datasets": most("rowmill_datasets", "of", ', of="datasets"')}, "stat"),
    Panel("Rows that readers see", "short", {"rows": most("rowmill_datasets", "of", ', of="rows"')}, "stat"),
    Panel("Uploads under way", "none", {"{{state}}": most("rowmill_uploads", "state", ', state=~"RECEIVING|PENDING|PROCESSING|HELD"')}),
    Panel(
        "Uploads ended",
        "none",
        {"{{state}}": rate("rowmill_upload_steps_total", "state", ', state=~"COMPLETE|FAILED|CANCELLED|UNCHANGED"')},
    ),
    Panel("Rows per second", "rps", {"loaded": rate("rowmill_rows_loaded_total"), "searchable": rate("rowmill_documents_total")}),
    Panel("Bytes per second", "Bps", {"received": rate("rowmill_received_bytes_total"), "parsed": rate("rowmill_parsed_bytes_total")}),
    Panel("Rejects per second", "rps", {"{{reason}}": rate("rowmill_rejects_total", "reason")}),
    Panel("Events that wait", "none", {"{{queue}}": most("rowmill_queue_events", "queue")}),
    Panel("Age of the oldest event", "s", {"{{queue}}": most("rowmill_queue_oldest_seconds", "queue")}),
    Panel("From file to search", "s", percentiles("rowmill_upload_stage_seconds", where=', stage="all"')),
    Panel("Requests per second", "reqps", {"{{status_code}}": rate(REQUESTS, "status_code")}),
    Panel("Oldest upload on its way", "s", {"{{state}}": most("rowmill_uploads_oldest_seconds", "state")}),
)
PIPELINE: Final = (
    Panel("Chunks of uploads under way", "none", {"{{state}}": most("rowmill_chunks", "state")}),
    Panel("Stages of an upload, half of them below", "s", {"{{stage}}": quantile(0.5, "rowmill_upload_stage_seconds", "stage")}),
    Panel("Steps of a chunk, half of them below", "s", {"{{step}}": quantile(0.5, "rowmill_chunk_seconds", "step")}),
    Panel("Steps of a chunk, 95 % of them below", "s", {"{{step}}": quantile(0.95, "rowmill_chunk_seconds", "step")}),
    Panel("Handlers: events per second", "ops", {"{{group}} {{type}}": rate("rowmill_events_total", "group, type")}),
    Panel("Handlers: seconds, 95 % below", "s", {"{{group}} {{type}}": quantile(0.95, "rowmill_event_handler_seconds", "group, type")}),
    Panel("Handlers: tries that settled nothing", "ops", {"{{group}} {{reason}}": rate("rowmill_event_retries_total", "group, reason")}),
    Panel("Handlers: how events ended", "ops", {"{{group}} {{outcome}}": rate("rowmill_events_total", "group, outcome")}),
    Panel("From an event to its handler, 95 % below", "s", {"{{group}}": quantile(0.95, "rowmill_event_wait_seconds", "group")}),
    Panel("Events in hand", "none", {"{{group}}": f"sum by (group) (rowmill_events_in_hand{{{PODS}}})"}),
    Panel("Outbox: events published per second", "ops", {"published": rate("rowmill_outbox_published_total")}),
    Panel("Dead letters", "none", {"{{state}}": most("rowmill_dead_letters", "state")}),
    Panel("Rows per second, per process", "rps", {"{{instance}}": rate("rowmill_rows_loaded_total", "instance")}),
    Panel("Documents per second, per process", "rps", {"{{instance}}": rate("rowmill_documents_total", "instance")}),
    Panel("Rounds of periodic tasks", "ops", {"{{task}} {{outcome}}": rate("rowmill_task_rounds_total", "task, outcome")}),
)
READING: Final = (
    Panel("Requests per second by route", "reqps", {"{{method}} {{path}}": rate(REQUESTS, "method, path")}),
    Panel("Latency by route, half below", "s", {"{{path}}": quantile(0.5, DURATION, "path")}),
    Panel("Latency by route, 95 % below", "s", {"{{path}}": quantile(0.95, DURATION, "path")}),
    Panel("Latency by route, 99 % below", "s", {"{{path}}": quantile(0.99, DURATION, "path")}),
    Panel("Rows of a dataset", "s", percentiles(DURATION, where=', path="/api/datasets/{name}/rows"')),
    Panel("Answers by status", "reqps", {"{{status_code}}": rate(REQUESTS, "status_code")}),
    Panel("Requests in hand", "none", {"{{path}}": f"sum by (path) (rowmill_http_requests_in_progress{{{PODS}}})"}),
    Panel("Search engine", "s", percentiles("rowmill_search_seconds", "operation")),
    Panel("Groups that were not in the cache", "s", percentiles("rowmill_group_seconds")),
    Panel("Cache of groups", "ops", {"{{outcome}}": rate("rowmill_group_cache_total", "outcome")}),
    Panel("Bytes in the cache of groups", "bytes", {"{{instance}}": f"rowmill_group_cache_bytes{{{PODS}}}"}),
    Panel("Exports: bytes per second", "Bps", {"{{format}}": rate("rowmill_exported_bytes_total", "format")}),
    Panel("Exports under way", "none", {"exports": f"sum(rowmill_exports_in_progress{{{PODS}}})"}),
)
SERVERS: Final = (
    Panel("Servers that answer", "none", {"{{server}}": most("rowmill_server_up", "server")}),
    Panel("How long they take to answer", "s", {"{{server}}": most("rowmill_server_answer_seconds", "server")}),
    Panel("Connections to PostgreSQL in use", "none", {"{{instance}}": f'rowmill_postgres_connections{{{PODS}, use="in use"}}'}),
    Panel("Connections to PostgreSQL, of those there may be", "percentunit", {"in use": SHARE_IN_USE}),
    Panel("Processor time", "none", {"{{instance}}": rate("process_cpu_seconds_total", "instance")}),
    Panel("Memory", "bytes", {"{{instance}}": f"process_resident_memory_bytes{{{PODS}}}"}),
    Panel("Open files and sockets", "none", {"{{instance}}": f"process_open_fds{{{PODS}}}"}),
    Panel("Garbage collections", "ops", {"{{instance}}": rate("python_gc_collections_total", "instance")}),
    Panel("Measurements that failed", "ops", {"{{measure}}": rate("rowmill_measure_failures_total", "measure")}),
)

DASHBOARDS: Final[Mapping[str, tuple[str, tuple[Panel, ...]]]] = {
    "overview": ("Rowmill: overview", OVERVIEW),
    "pipeline": ("Rowmill: pipeline", PIPELINE),
    "reading": ("Rowmill: reading", READING),
    "servers": ("Rowmill: servers", SERVERS),
}
