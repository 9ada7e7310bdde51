"""Webhooks in the catalog: who is told of what; and the log of what was told."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import uuid_utils
from msgspec import Struct
from sqlalchemy import RowMapping, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.audit import note
from backbone.catalog.webhook_tables import webhook_deliveries, webhooks
from backbone.errors import Busy, NotFound
from backbone.runtime.principal import ALL, asking

WEBHOOKS_MAX: Final = 100
CLAIMED_AT_ONCE: Final = 10
KEPT: Final = timedelta(days=30)
FORGOTTEN_AT_ONCE: Final = 10_000


class WebhookRecord(Struct, frozen=True, kw_only=True):
    id: str
    url: str
    datasets: tuple[str, ...]
    events: tuple[str, ...]
    secret: str  # encrypted
    paused: bool
    created_at: datetime


class Claimed(Struct, frozen=True, kw_only=True):
    """A delivery that this process tries now."""

    id: str
    webhook_id: str
    event: str
    dataset: str | None
    subject: str
    payload: str | None
    attempts: int  # with this one
    first_at: datetime
    created_at: datetime


def covers(patterns: Sequence[str]) -> bool:
    """Whether whoever asks sees all that the patterns mean."""
    return all(_is_seen(pattern) for pattern in patterns)


def _is_seen(pattern: str) -> bool:
    beginnings = [seen[:-1] for seen in asking().datasets if seen.endswith(ALL)]
    return any(pattern.removesuffix(ALL).startswith(beginning) for beginning in beginnings) or pattern in asking().datasets


def _to_webhook(row: RowMapping) -> WebhookRecord:
    values = {name: row[name] for name in WebhookRecord.__struct_fields__}
    return WebhookRecord(**{**values, "datasets": tuple(row["datasets"]), "events": tuple(row["events"])})


async def create_webhook(connection: AsyncConnection, values: Mapping[str, Any]) -> WebhookRecord:
    """Raises `Busy`."""
    if int((await connection.execute(select(func.count()).select_from(webhooks))).scalar_one()) >= WEBHOOKS_MAX:
        raise Busy("too-many-webhooks", f"There are {WEBHOOKS_MAX} webhooks already. Remove one first.")
    new = insert(webhooks).values(id=str(uuid_utils.uuid7()), owner=asking().id, **values).returning(webhooks)
    row = (await connection.execute(new)).mappings().one()
    await note(connection, "webhook.created", object=row["id"])
    return _to_webhook(row)


async def read_webhook(connection: AsyncConnection, webhook_id: str) -> WebhookRecord:
    """Raises `NotFound`, also where it is about datasets that are not for whoever asks."""
    row = (await connection.execute(select(webhooks).where(webhooks.c.id == webhook_id))).mappings().first()
    if row is None or not covers(row["datasets"]):
        raise NotFound("no-such-webhook", f"There is no webhook {webhook_id[:60]!r}. GET /api/webhooks lists all there are.")
    return _to_webhook(row)


async def list_webhooks(connection: AsyncConnection) -> list[WebhookRecord]:
    rows = (await connection.execute(select(webhooks).order_by(webhooks.c.id))).mappings()
    return [_to_webhook(row) for row in rows if covers(row["datasets"])]


async def change_webhook(connection: AsyncConnection, webhook_id: str, values: Mapping[str, Any]) -> WebhookRecord:
    row = (
        (await connection.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(**values).returning(webhooks)))
        .mappings()
        .one()
    )
    await note(connection, "webhook.changed", object=webhook_id, what=", ".join(sorted(values)))
    return _to_webhook(row)


async def remove_webhook(connection: AsyncConnection, webhook_id: str) -> None:
    """With its log."""
    await connection.execute(delete(webhooks).where(webhooks.c.id == webhook_id))
    await note(connection, "webhook.removed", object=webhook_id)


async def claim_deliveries(connection: AsyncConnection, lease_s: float) -> list[Claimed]:
    """Those that are due, for this process alone until `lease_s` have passed."""
    due = select(webhook_deliveries.c.id).where(webhook_deliveries.c.state == "WAITING", webhook_deliveries.c.next_at <= func.now())
    some = due.order_by(webhook_deliveries.c.next_at).limit(CLAIMED_AT_ONCE).with_for_update(skip_locked=True)
    values = {"next_at": func.now() + timedelta(seconds=lease_s), "attempts": webhook_deliveries.c.attempts + 1}
    claimed = update(webhook_deliveries).where(webhook_deliveries.c.id.in_(some.scalar_subquery())).values(**values)
    rows = (await connection.execute(claimed.returning(webhook_deliveries))).mappings()
    return [Claimed(**{name: row[name] for name in Claimed.__struct_fields__}) for row in rows]


async def keep_payload(connection: AsyncConnection, delivery_id: str, payload: str) -> None:
    await connection.execute(update(webhook_deliveries).where(webhook_deliveries.c.id == delivery_id).values(payload=payload))


async def settle_delivery(
    connection: AsyncConnection, delivery_id: str, state: str, status: int | None, error: str | None, again_in_s: float | None = None
) -> None:
    """`again_in_s`: it waits for its next try."""
    values: dict[str, Any] = {"state": state, "status": status, "error": error}
    values |= {"next_at": func.now() + timedelta(seconds=again_in_s)} if again_in_s is not None else {"ended_at": func.now()}
    await connection.execute(update(webhook_deliveries).where(webhook_deliveries.c.id == delivery_id).values(**values))


async def replay_delivery(connection: AsyncConnection, webhook_id: str, delivery_id: str) -> RowMapping:
    """Due at once, with a whole day of tries. Raises `NotFound`."""
    is_it = (webhook_deliveries.c.id == delivery_id, webhook_deliveries.c.webhook_id == webhook_id)
    values = {"state": "WAITING", "next_at": func.now(), "first_at": func.now(), "ended_at": None}
    row: RowMapping | None = (
        (await connection.execute(update(webhook_deliveries).where(*is_it).values(**values).returning(webhook_deliveries)))
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound("no-such-delivery", f"There is no delivery {delivery_id[:60]!r} of this webhook; they are kept for 30 days.")
    await note(connection, "webhook.replayed", object=webhook_id, delivery=delivery_id)
    return row


async def list_deliveries(
    connection: AsyncConnection, webhook_id: str, limit: int, before: tuple[datetime, str] | None
) -> Sequence[RowMapping]:
    """The newest first."""
    query = select(webhook_deliveries).where(webhook_deliveries.c.webhook_id == webhook_id)
    if before is not None:
        query = query.where(text("(created_at, id) < (:at, :id)").bindparams(at=before[0], id=before[1]))
    ordered = query.order_by(webhook_deliveries.c.created_at.desc(), webhook_deliveries.c.id.desc())
    return (await connection.execute(ordered.limit(limit))).mappings().all()


async def forget_deliveries(connection: AsyncConnection) -> int:
    """Removes at most so many at once that nobody waits; returns how many."""
    old = select(webhook_deliveries.c.id).where(webhook_deliveries.c.created_at < func.now() - KEPT)
    some = old.order_by(webhook_deliveries.c.created_at).limit(FORGOTTEN_AT_ONCE)
    return (await connection.execute(delete(webhook_deliveries).where(webhook_deliveries.c.id.in_(some)))).rowcount
