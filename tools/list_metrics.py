"""The catalogue of metrics, from the code: `python -m tools.list_metrics > docs/metrics.md`. A test says when that is out of date."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from litestar.plugins.prometheus import PrometheusMiddleware
from prometheus_client import REGISTRY, Counter, Gauge, Histogram, Info

from backbone import metrics
from backbone.http.metrics import requests_config

KINDS: Final[Mapping[type, tuple[str, str]]] = {
    Counter: ("counter", "_total"),
    Gauge: ("gauge", ""),
    Histogram: ("histogram", ""),
    Info: ("gauge", "_info"),
}
HTTP_LABELS: Final[dict[str, str | int | float]] = {"method": "", "path": "", "status_code": 0, "app_name": ""}
BEGINNING: Final = """# Metrics

Every process gives its own at `/metrics`, in Prometheus' text format: each of the four services, and the one process of the embedded home. They are
counted per request, event, chunk or block, never per row. What PostgreSQL or the event log know for all processes is measured when somebody scrapes,
at most every five seconds, by each process that has it at hand; read it by `max by (…)`. A measurement that fails takes its metrics away and counts
in `rowmill_measure_failures_total`. `queue` is `outbox` or a group of consumers: `parser`, `indexer`, `indexer-settle`, `indexer-tidy`, `dead-letters`.

`process_…` and `python_…` are those of Prometheus' client for Python: processor time, memory, open files, garbage collection. A histogram `name` is
given as `name_bucket`, `name_sum` and `name_count`. [Dashboards and alerts](operations/README.md) use no others. This page is made by
`python -m tools.list_metrics`.

| metric | type | labels | what it tells |
| --- | --- | --- | --- |
"""


def catalogue() -> list[tuple[str, str, tuple[str, ...], str]]:
    """Name as it is scraped, type, labels and meaning of every metric of Rowmill, by name."""
    return sorted(_described(metric) for metric in [*_own(), *_of_requests()])


def _own() -> Iterator[Any]:
    return (metric for metric in vars(metrics).values() if isinstance(metric, tuple(KINDS)))


def _of_requests() -> list[Any]:
    """Litestar makes its own with the first request."""
    middleware = PrometheusMiddleware(app=None, config=requests_config())  # type: ignore[arg-type]
    makers = (middleware.request_count, middleware.request_time, middleware.requests_in_progress, middleware.requests_error_count)
    return [make(HTTP_LABELS) for make in makers]


def _described(metric: Any) -> tuple[str, str, tuple[str, ...], str]:
    kind, ending = KINDS[type(metric)]
    return metric._name + ending, kind, tuple(metric._labelnames), metric._documentation


def registered() -> set[str]:
    """Families of Rowmill in this process, as they are scraped, once everything has been imported."""
    return {
        family.name + {"counter": "_total", "info": "_info"}.get(family.type, "") for family in REGISTRY.collect() if _is_ours(family.name)
    }


def _is_ours(name: str) -> bool:
    return name.startswith("rowmill_")


def list_metrics() -> str:
    lines = (f"| `{name}` | {kind} | {', '.join(labels)} | {meaning} |\n" for name, kind, labels, meaning in catalogue())
    return BEGINNING + "".join(lines)


if __name__ == "__main__":
    sys.stdout.write(list_metrics())
