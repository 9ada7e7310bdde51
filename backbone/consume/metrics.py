"""What the consume loop counts."""

from prometheus_client import Counter, Gauge, Histogram

EVENTS = Counter("rowmill_events_total", "Events that met their fate: handled, rejected, failed, undecodable", ["group", "type", "outcome"])
RETRIES = Counter("rowmill_event_retries_total", "Tries that did not settle an event: unavailable or error", ["group", "type", "reason"])
SECONDS = Histogram(
    "rowmill_event_handler_seconds",
    "Time in a handler, per try",
    ["group", "type"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
IN_HAND = Gauge("rowmill_events_in_hand", "Events taken and not settled yet", ["group"])
