"""Webhooks over HTTP: made, listed, changed, removed; what was told, and telling it once more."""

import base64
import secrets
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from litestar import Response, delete, get, patch, post
from litestar.params import Body, FromPath
from litestar.types import ControllerRouterHandler
from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.webhook_news import EVENTS, WebhookEvent
from backbone.catalog.webhooks import (
    WebhookRecord,
    covers,
    list_deliveries,
    list_webhooks,
    read_webhook,
    remove_webhook,
)
from backbone.catalog.webhooks import (
    change_webhook as keep_changes,
)
from backbone.catalog.webhooks import (
    create_webhook as keep_webhook,
)
from backbone.catalog.webhooks import (
    replay_delivery as keep_replay,
)
from backbone.errors import BadRequest
from backbone.outgoing.addresses import Refused
from backbone.outgoing.request import read_url
from backbone.postgres.engine import transaction
from backbone.runtime.principal import ALL
from backbone.runtime.sealed_secrets import SealedSecrets
from backbone.runtime.signed_tokens import seal, unseal
from services.upload.api.upload_routes import Cursor, Limit
from services.upload.webhooks.mail import MAILTO, address_of

WEBHOOKS: Final = "/api/webhooks"
ONE: Final = WEBHOOKS + "/{webhook_id:str}"
SECRET_BYTES: Final = 24
Address = Annotated[str, Meta(min_length=1, max_length=8192, examples=["https://shop.example/hooks/rowmill"])]
Patterns = Annotated[
    tuple[Annotated[str, Meta(min_length=1, max_length=61)], ...],
    Meta(min_length=1, max_length=100, description="Names of datasets, and beginnings of names with `*` behind them."),
]
Events = Annotated[tuple[WebhookEvent, ...], Meta(min_length=1, max_length=20, description="Of what it is told.")]


class NewWebhook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: Address
    datasets: Patterns = (ALL,)
    events: Events = ("upload.complete", "upload.held", "upload.failed", "source.failed")


class WebhookChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not given stays. Paused, it is told nothing, also not afterwards."""

    url: Address | UnsetType = UNSET
    datasets: Patterns | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    paused: bool | UnsetType = UNSET


class WebhookOut(Struct, frozen=True, kw_only=True):
    id: str
    url: str
    datasets: tuple[str, ...]
    events: tuple[WebhookEvent, ...]
    paused: bool
    created_at: datetime


class MadeWebhook(WebhookOut, frozen=True, kw_only=True):
    """`secret` is shown this once: what is told is signed with it."""

    secret: str


class Webhooks(Struct, frozen=True):
    webhooks: list[WebhookOut]


class Delivery(Struct, frozen=True, kw_only=True):
    """`id` is the header `webhook-id`. `status` and `error` are of the last of its `attempts`; WAITING: there is a next one, at `next_at`."""

    id: str
    event: WebhookEvent
    dataset: str | None
    subject: str
    state: Literal["WAITING", "DELIVERED", "FAILED"]
    attempts: int
    status: int | None
    error: str | None
    next_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


class Deliveries(Struct, frozen=True):
    deliveries: list[Delivery]
    next_cursor: str | None


def webhook_routes(engine: AsyncEngine, cursor_key: bytes, sealed: SealedSecrets, *, has_mail: bool) -> list[ControllerRouterHandler]:
    return [*_making(engine, sealed, has_mail), *_log(engine, cursor_key)]


def _making(engine: AsyncEngine, sealed: SealedSecrets, has_mail: bool) -> list[ControllerRouterHandler]:
    @post(WEBHOOKS, tags=["webhooks"])
    async def create_webhook(data: Annotated[NewWebhook, Body()]) -> Response[MadeWebhook]:
        """Have a program told what becomes of uploads: a POST with the upload as the API gives it, signed by the rules of Standard Webhooks. The
        answer holds the secret of the signature, and nothing will show it again."""
        check(data.url, data.datasets, data.events, has_mail=has_mail)
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        values = {"url": data.url, "datasets": list(data.datasets), "events": list(data.events), "secret": sealed.seal({"secret": secret})}
        async with transaction(engine) as connection:
            made = await keep_webhook(connection, values)
        return Response(MadeWebhook(**_fields(made), secret=secret), status_code=201, headers={"Location": f"{WEBHOOKS}/{made.id}"})

    @get(WEBHOOKS, tags=["webhooks"])
    async def get_webhooks() -> Webhooks:
        """All webhooks; not their secrets."""
        async with transaction(engine) as connection:
            return Webhooks([_out(webhook) for webhook in await list_webhooks(connection)])

    @get(ONE, tags=["webhooks"])
    async def get_webhook(webhook_id: FromPath[str]) -> WebhookOut:
        """One webhook."""
        async with transaction(engine) as connection:
            return _out(await read_webhook(connection, webhook_id))

    @patch(ONE, tags=["webhooks"])
    async def change_webhook(webhook_id: FromPath[str], data: Annotated[WebhookChanges, Body()]) -> WebhookOut:
        """Change what a webhook is told, or where; pause it, or go on."""
        changes = {name: value for name in WebhookChanges.__struct_fields__ if (value := getattr(data, name)) is not UNSET}
        async with transaction(engine) as connection:
            before = await read_webhook(connection, webhook_id)
            after = {name: changes.get(name, getattr(before, name)) for name in ("url", "datasets", "events")}
            check(after["url"], after["datasets"], after["events"], has_mail=has_mail)
            values = {name: list(value) if isinstance(value, tuple) else value for name, value in changes.items()}
            return _out(await keep_changes(connection, webhook_id, values) if values else before)

    @delete(ONE, status_code=204, tags=["webhooks"])
    async def delete_webhook(webhook_id: FromPath[str]) -> None:
        """Remove a webhook and its log. It is told nothing more."""
        async with transaction(engine) as connection:
            await read_webhook(connection, webhook_id)
            await remove_webhook(connection, webhook_id)

    return [create_webhook, get_webhooks, get_webhook, change_webhook, delete_webhook]


def check(url: str, datasets: tuple[str, ...], events: tuple[WebhookEvent, ...], *, has_mail: bool) -> None:
    """Raises `BadRequest`, `Refused`."""
    check_address(url, has_mail=has_mail)
    if not covers(datasets):
        raise BadRequest("bad-datasets", "The key sees fewer datasets than the webhook would be told of. Name those that it sees.")
    if "dead-letter" in events and ALL not in datasets:
        raise BadRequest("bad-datasets", "Dead letters are of no dataset: a webhook that is told of them is for all datasets (*).")
    if any(ALL in pattern[:-1] for pattern in datasets):
        raise BadRequest("bad-datasets", "A * stands at the end of a name's beginning, and nowhere else.")
    assert set(events) <= set(EVENTS)


def check_address(url: str, *, has_mail: bool) -> None:
    """Raises `Refused`."""
    if not url.startswith(MAILTO):
        read_url(url)
        return
    address_of(url)
    if not has_mail:
        raise Refused("no-mail-server", "This server sends no mail: ROWMILL_SMTP_URL is not set.")


def _log(engine: AsyncEngine, cursor_key: bytes) -> list[ControllerRouterHandler]:
    @get(ONE + "/deliveries", tags=["webhooks"])
    async def get_deliveries(webhook_id: FromPath[str], limit: Limit = 50, cursor: Cursor = None) -> Deliveries:
        """What it was, or is to be, told in the last 30 days, the newest first."""
        bound = ["deliveries", webhook_id]
        position = None if cursor is None else unseal(cursor_key, bound, cursor)
        before = None if position is None else (datetime.fromisoformat(position[0]), str(position[1]))
        async with transaction(engine) as connection:
            await read_webhook(connection, webhook_id)
            rows = await list_deliveries(connection, webhook_id, limit + 1, before)
        last = rows[limit - 1] if len(rows) > limit else None
        token = None if last is None else seal(cursor_key, bound, [last["created_at"].isoformat(), last["id"]])
        return Deliveries([_delivery(row) for row in rows[:limit]], token)

    @post(ONE + "/deliveries/{delivery_id:str}/replay", status_code=200, tags=["webhooks"])
    async def replay_delivery(webhook_id: FromPath[str], delivery_id: FromPath[str]) -> Delivery:
        """Tell it once more, now: the same words under the same id."""
        async with transaction(engine) as connection:
            await read_webhook(connection, webhook_id)
            return _delivery(await keep_replay(connection, webhook_id, delivery_id))

    return [get_deliveries, replay_delivery]


def _fields(webhook: WebhookRecord) -> dict[str, Any]:
    return {name: getattr(webhook, name) for name in WebhookOut.__struct_fields__}


def _out(webhook: WebhookRecord) -> WebhookOut:
    return WebhookOut(**_fields(webhook))


def _delivery(row: RowMapping) -> Delivery:
    values = {name: row[name] for name in Delivery.__struct_fields__}
    return Delivery(**{**values, "next_at": row["next_at"] if row["state"] == "WAITING" else None})
