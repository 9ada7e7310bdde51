"""The audit: who changed what, in the transaction that changes it, and who was turned away. Lines are added, read, and forgotten by age;
the database refuses to rewrite them.

Values are never among it: names, ids, and what kind of change it was.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.access_tables import audit_events
from backbone.catalog.dataset_of_upload import NAME_BY_ID
from backbone.runtime.principal import asking
from backbone.runtime.request_record import request_id

Action = Literal[
    "upload.begun",
    "upload.published",
    "upload.cancelled",
    "upload.discarded",
    "upload.undone",
    "upload.renamed",
    "upload.removed",
    "upload.retried",
    "dataset.changed",
    "dataset.removed",
    "key.created",
    "key.revoked",
    "dead-letter.replayed",
    "backup.restored",
    "source.created",
    "source.changed",
    "source.removed",
    "source.run",
    "enrichment.created",
    "enrichment.changed",
    "enrichment.removed",
    "enrichment.run",
    "webhook.created",
    "webhook.changed",
    "webhook.removed",
    "webhook.replayed",
    "refused",
]
ITSELF: Final = "rowmill"  # acts where nobody asks: in the background
TEXT_CHARACTERS_MAX: Final = 200
FORGOTTEN_AT_ONCE: Final = 10_000
_KEY: Final = re.compile(r"rwm_\w*")


class AuditFilter(Struct, frozen=True, kw_only=True):
    """None: all. `principal` is an id or a name."""

    principal: str | None = None
    action: str | None = None
    dataset: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Refusal(Struct, frozen=True, kw_only=True):
    """A kind of request that was turned away. `object`: the dataset or upload that it named."""

    principal_id: str
    principal: str
    status: int
    code: str
    method: str
    route: str
    object: str


_INSERT: Final = insert(audit_events)
_INSERT_OF_UPLOAD: Final = _INSERT.values(dataset=NAME_BY_ID.scalar_subquery())


async def note(
    connection: AsyncConnection,
    action: Action,
    *,
    dataset: str | None = None,
    object: str | None = None,
    by: str = "",
    **detail: Any,
) -> None:
    """In the caller's transaction. `by`: else whoever asks; `object`: the id of the upload or key that it is about."""
    await connection.execute(_INSERT, {**_noted(action, object, by, detail), "dataset": dataset})


async def note_upload(connection: AsyncConnection, action: Action, upload_id: str, **detail: Any) -> None:
    """Of an upload that is in the catalog, whose dataset it tells."""
    await connection.execute(_INSERT_OF_UPLOAD, {**_noted(action, upload_id, "", detail), "upload_id": upload_id})


def _noted(action: Action, object: str | None, by: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    asks = asking()
    return {
        "action": action,
        "principal_id": asks.id,
        "principal": by or (asks.name if request_id() else ITSELF),
        "request_id": request_id(),
        "object": object,
        "detail": {name: _short(value) for name, value in detail.items()},
    }


async def note_refusals(connection: AsyncConnection, refusals: Sequence[tuple[Refusal, str, int]]) -> None:
    """Each with the id of its first request, and how often it came."""
    rows = [
        {
            "action": "refused",
            "principal_id": refusal.principal_id,
            "principal": refusal.principal,
            "request_id": first_id,
            "object": _short(refusal.object) or None,
            "detail": {"status": refusal.status, "code": refusal.code, "method": refusal.method, "route": refusal.route, "times": times},
        }
        for refusal, first_id, times in refusals
    ]
    await connection.execute(insert(audit_events), rows)


async def list_audit(connection: AsyncConnection, wanted: AuditFilter, *, limit: int, before: int | None = None) -> Sequence[RowMapping]:
    """The newest first, with numbers below `before`."""
    query = select(audit_events).where(*_conditions(wanted)).order_by(audit_events.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(audit_events.c.number < before)
    return (await connection.execute(query)).mappings().all()


async def forget_audit(connection: AsyncConnection, kept_days: int) -> int:
    """Removes at most so many at once that nobody waits; returns how many."""
    old = select(audit_events.c.number).where(audit_events.c.at < func.now() - func.make_interval(0, 0, 0, kept_days))
    some = old.order_by(audit_events.c.at).limit(FORGOTTEN_AT_ONCE)
    return (await connection.execute(delete(audit_events).where(audit_events.c.number.in_(some)))).rowcount


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    columns = audit_events.c
    return [
        *([or_(columns.principal_id == wanted.principal, columns.principal == wanted.principal)] if wanted.principal is not None else []),
        *([columns.action == wanted.action] if wanted.action is not None else []),
        *([columns.dataset == wanted.dataset] if wanted.dataset is not None else []),
        *([columns.at >= wanted.since] if wanted.since is not None else []),
        *([columns.at < wanted.until] if wanted.until is not None else []),
    ]


def _short(value: Any) -> Any:
    """Texts may come from whoever asks: they are cut, and a key that stands where none belongs is not kept."""
    return _KEY.sub("rwm_***", value.replace("\0", "\ufffd"))[:TEXT_CHARACTERS_MAX] if isinstance(value, str) else value
