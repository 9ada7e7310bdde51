"""The audit over HTTP: who changed what, and who was turned away, as pages or as a stream of all of it."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, get
from litestar.params import QueryParameter
from litestar.response import Stream
from litestar.types import ControllerRouterHandler
from msgspec import Struct
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.audit import Action, AuditFilter, list_audit
from backbone.errors import BadRequest
from backbone.postgres.engine import transaction
from backbone.runtime.signed_tokens import seal, unseal
from services.query.api.dataset_routes import Cursor, Limit

AUDIT: Final = "/api/audit"
BOUND: Final = ("audit",)
_DATED: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
EXPORT_BATCH: Final = 1000

Text = Annotated[str | None, QueryParameter(min_length=1, max_length=1000)]
By = Annotated[str | None, QueryParameter(min_length=1, max_length=200, description="The id or the name of a key.")]
Since = Annotated[datetime | None, QueryParameter(description="From this time on; without a zone it is UTC.")]
Until = Annotated[datetime | None, QueryParameter(description="Before this time.")]
Kind = Annotated[Action | None, QueryParameter(description="What was done.")]


class AuditEvent(Struct, frozen=True):
    """`principal` is the name of the key; `rowmill` where nobody asked. `object`: the upload or key that it is about. `detail` of what was
    refused: status, code, method, route, and how many `times` within a second."""

    number: int
    at: datetime
    action: str
    principal_id: str
    principal: str
    request_id: str
    dataset: str | None
    object: str | None
    detail: dict[str, Any]


class Audit(Struct, frozen=True):
    events: list[AuditEvent]
    next_cursor: str | None


def audit_routes(engine: AsyncEngine, cursor_key: bytes) -> list[ControllerRouterHandler]:
    @get(AUDIT, tags=["access"])
    async def get_audit(
        request: Request[Any, Any, Any],
        limit: Limit = 50,
        cursor: Cursor = None,
        principal: By = None,
        action: Kind = None,
        dataset: Text = None,
        since: Since = None,
        until: Until = None,
    ) -> Audit:
        """Who changed what, and who was turned away, the newest first."""
        _check_times(request)
        wanted = _filter(principal, action, dataset, since, until)
        bound = (*BOUND, msgspec.to_builtins(wanted))
        before = None if cursor is None else int(unseal(cursor_key, bound, cursor))
        async with transaction(engine) as connection:
            rows = await list_audit(connection, wanted, limit=limit + 1, before=before)
        token = seal(cursor_key, bound, rows[limit - 1]["number"]) if len(rows) > limit else None
        return Audit([_event(row) for row in rows[:limit]], token)

    @get(AUDIT + "/export", media_type="application/x-ndjson", tags=["access"])
    async def export_audit(
        request: Request[Any, Any, Any],
        principal: By = None,
        action: Kind = None,
        dataset: Text = None,
        since: Since = None,
        until: Until = None,
    ) -> Stream:
        """All of it, the newest first, as a stream of one JSON object a line."""
        _check_times(request)
        lines = _lines(engine, _filter(principal, action, dataset, since, until))
        headers = {"Content-Disposition": 'attachment; filename="audit.ndjson"', "Cache-Control": "no-store"}
        return Stream(lines, media_type="application/x-ndjson", headers=headers)

    return [get_audit, export_audit]


async def _lines(engine: AsyncEngine, wanted: AuditFilter) -> AsyncIterator[bytes]:
    """A connection is held for a batch at a time, however slow the reader is."""
    before: int | None = None
    while True:
        async with transaction(engine) as connection:
            rows = await list_audit(connection, wanted, limit=EXPORT_BATCH, before=before)
        if rows:
            yield b"".join(msgspec.json.encode(_event(row)) + b"\n" for row in rows)
            before = rows[-1]["number"]
        if len(rows) < EXPORT_BATCH:
            return


def _filter(
    principal: str | None, action: Action | None, dataset: str | None, since: datetime | None, until: datetime | None
) -> AuditFilter:
    return AuditFilter(principal=principal, action=action, dataset=dataset, since=_in_utc(since), until=_in_utc(until))


def _check_times(request: Request[Any, Any, Any]) -> None:
    """Raises `BadRequest` for a number, which would be taken for seconds since 1970 (or for milliseconds: nobody can tell)."""
    for name in ("since", "until"):
        if (time := request.query_params.get(name)) is not None and not _DATED.match(time):
            raise BadRequest("bad-time", f"{name}={time[:40]} is no time. Give one as 2026-01-31T12:00:00Z.")


def _in_utc(time: datetime | None) -> datetime | None:
    """Raises `BadRequest` at the ends of time, where another zone is no time any more."""
    if time is None or time.tzinfo is None:
        return time if time is None else time.replace(tzinfo=UTC)
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise BadRequest("bad-time", f"{time.isoformat()} is no time in UTC. Give one between the years 2 and 9998.") from None


def _event(row: RowMapping) -> AuditEvent:
    return AuditEvent(**row)
