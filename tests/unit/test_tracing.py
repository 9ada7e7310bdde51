"""One trace from a request to what is done about it later: the event that a request emits carries its span, and its handler goes on with it."""

import json
from collections.abc import Iterator

import pytest
import structlog
from litestar import get
from litestar.testing import TestClient
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from backbone.catalog.outbox import new_event
from backbone.consume import Subscription
from backbone.consume.process_event import EventProcessor
from backbone.errors import Rejected
from backbone.eventlog.events import CHUNK_PLANNED, UPLOAD_LOADED, Event
from backbone.eventlog.port import Received
from backbone.http.app import build_app
from backbone.http.traced import Traced
from backbone.runtime.tracing import start_tracing
from backbone.service import Service
from tests.memory_event_log import MemoryEventLog

SENDER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
emitted: list[Event] = []


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    start_tracing("", "test", SimpleSpanProcessor(exporter))
    yield exporter
    start_tracing("", "test")


@get("/emits")
async def emits() -> str:
    emitted.append(new_event(CHUNK_PLANNED, "u/1", upload_id="u", chunk=1))
    return json.dumps(structlog.contextvars.get_contextvars())


def ask(traceparent: str | None) -> dict[str, str]:
    """What the log lines of the request have."""
    app = Traced(build_app([Service(name="test", routes=[emits])]))
    with TestClient(app) as http:
        found: dict[str, str] = http.get("/emits", headers={} if traceparent is None else {"traceparent": traceparent}).json()
        http.get("/health/live")
    return found


async def handle(event: Event, handler_fails: bool = False) -> Event:
    """The event that its handler emits."""
    later: list[Event] = []

    async def handler(event: Event) -> None:
        if handler_fails:
            raise Rejected("bad", "a secret value")
        later.append(new_event(UPLOAD_LOADED, "u", upload_id="u"))

    subscription = Subscription(group="parser", handlers={CHUNK_PLANNED: handler}, parallel=1)
    await EventProcessor(subscription, MemoryEventLog(), 1, None).settle(Received(CHUNK_PLANNED, 0, 0, event, b""))
    return later[0] if later else event


def trace_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return int(span.context.trace_id)


async def test_a_request_an_event_and_its_handler_are_one_trace(spans: InMemorySpanExporter) -> None:
    fields = ask(SENDER)
    later = await handle(emitted[-1])
    request, handling = spans.get_finished_spans()
    assert fields["trace_id"] == SENDER.split("-")[1] == f"{trace_of(request):032x}" == f"{trace_of(handling):032x}"
    assert (request.name, handling.name) == ("GET /emits", "parser chunk.planned")
    assert request.context is not None
    assert handling.parent is not None
    assert handling.parent.span_id == request.context.span_id
    assert handling.attributes == {"upload_id": "u"}
    assert later.traceparent is not None
    assert later.traceparent.split("-")[1] == SENDER.split("-")[1]


@pytest.mark.parametrize("traceparent", [None, "nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_without_a_trace_a_request_begins_one(spans: InMemorySpanExporter, traceparent: str | None) -> None:
    fields = ask(traceparent)
    (request,) = spans.get_finished_spans()
    assert request.parent is None
    assert fields["trace_id"] == f"{trace_of(request):032x}"


@pytest.mark.parametrize(("sender", "flags"), [(None, "01"), (SENDER, "01"), (SENDER[:-2] + "00", "00")])
async def test_a_service_that_records_nothing_leaves_it_to_the_others(sender: str | None, flags: str) -> None:
    start_tracing("", "test")
    fields = ask(sender)
    later = await handle(emitted[-1])
    for event in (emitted[-1], later):
        assert event.traceparent is not None
        assert (event.traceparent.split("-")[1], event.traceparent[-2:]) == (fields["trace_id"], flags)
    assert emitted[-1].traceparent != later.traceparent != sender


async def test_a_span_tells_which_error_and_not_its_text(spans: InMemorySpanExporter) -> None:
    await handle(new_event(CHUNK_PLANNED, "u/1", upload_id="u", chunk=1), handler_fails=True)
    (handling,) = spans.get_finished_spans()
    assert handling.status.description == "Rejected"
    assert "secret" not in handling.to_json()
