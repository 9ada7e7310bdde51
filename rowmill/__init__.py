"""A client of Rowmill's API, for programs: `Client` and, for asyncio and trio, `AsyncClient`. Needs httpx and msgspec."""

from rowmill.async_client import AsyncClient
from rowmill.calls import SearchOptions
from rowmill.client import Client
from rowmill.options import UploadOptions
from rowmill.problems import Problem, UploadFailed
from rowmill.shapes import (
    AuditEvent,
    Column,
    Dataset,
    DatasetHits,
    DeadLetter,
    Finding,
    InHand,
    Key,
    MadeKey,
    Me,
    Page,
    Place,
    Preview,
    Queue,
    Reject,
    Row,
    Suggestion,
    Total,
    Upload,
    Version,
    Worker,
    Workers,
)
from rowmill.source_shapes import Run, Source

__all__ = [
    "AsyncClient",
    "AuditEvent",
    "Client",
    "Column",
    "Dataset",
    "DatasetHits",
    "DeadLetter",
    "Finding",
    "InHand",
    "Key",
    "MadeKey",
    "Me",
    "Page",
    "Place",
    "Preview",
    "Problem",
    "Queue",
    "Reject",
    "Row",
    "Run",
    "SearchOptions",
    "Source",
    "Suggestion",
    "Total",
    "Upload",
    "UploadFailed",
    "UploadOptions",
    "Version",
    "Worker",
    "Workers",
]
