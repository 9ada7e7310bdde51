"""Traces: what belongs together from a request to the publish, through outbox and event log, as W3C's `traceparent`.

Every request and every handled event is a span, so that log lines have its trace. They leave the process only where somebody says whereto.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import structlog
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from opentelemetry.trace import Span, SpanKind, StatusCode, TraceFlags, format_span_id, format_trace_id, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

TRACEPARENT: Final = "traceparent"

current_traceparent: ContextVar[str | None] = ContextVar("current_traceparent", default=None)  # of the request or event being handled
_w3c = TraceContextTextMapPropagator()
_tracer = TracerProvider(ALWAYS_OFF, shutdown_on_exit=False).get_tracer("rowmill")


def start_tracing(url: str, services: str, *processors: SpanProcessor) -> TracerProvider:
    """Sends spans by OTLP over HTTP to `url`, as `http://collector:4318/v1/traces`, and to `processors`; where there is neither, spans have
    their numbers and nothing is recorded. Call `shutdown` on what it returns."""
    global _tracer
    if url:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        processors = (*processors, BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
    resource = Resource.create({"service.name": "rowmill", "rowmill.services": services})
    provider = TracerProvider(ParentBased(ALWAYS_ON) if processors else ALWAYS_OFF, resource, shutdown_on_exit=False)
    for processor in processors:
        provider.add_span_processor(processor)
    _tracer = provider.get_tracer("rowmill")
    return provider


@contextmanager
def span(name: str, kind: SpanKind, parent: str | None, attributes: Mapping[str, str] | None = None) -> Iterator[Span]:
    """What is emitted and logged inside belongs to it. `parent`: the `traceparent` that it goes on with; None, or one that is none: a new
    trace. An error that leaves it is noted."""
    context = _w3c.extract({} if parent is None else {TRACEPARENT: parent})
    begun = _tracer.start_span(name, context, kind, dict(attributes or {}))
    token = current_traceparent.set(_traceparent(begun, get_current_span(context)))
    try:
        with structlog.contextvars.bound_contextvars(trace_id=format_trace_id(begun.get_span_context().trace_id)):
            yield begun
    except Exception as error:
        begun.set_status(StatusCode.ERROR, type(error).__name__)  # and not its text, which may hold people's rows
        raise
    finally:
        current_traceparent.reset(token)
        begun.end()


def _traceparent(begun: Span, parent: Span) -> str:
    """Where nothing is recorded here, it is others' to record all the same, unless the sender said that nobody does."""
    own, before = begun.get_span_context(), parent.get_span_context()
    flags = own.trace_flags if begun.is_recording() else before.trace_flags if before.is_valid else TraceFlags.SAMPLED
    return f"00-{format_trace_id(own.trace_id)}-{format_span_id(own.span_id)}-{flags:02x}"
