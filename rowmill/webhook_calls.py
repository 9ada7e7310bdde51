"""Requests about webhooks, and what the API answers about them. Pure; both clients send these."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from rowmill.calls import Call, Part, parameters, part, reader

WEBHOOKS = "/api/webhooks"


class Webhook(Struct, frozen=True, kw_only=True):
    """A program that is told what becomes of uploads. `secret` is there where it was just made: each delivery is signed with it."""

    id: str
    url: str
    datasets: tuple[str, ...]
    events: tuple[str, ...]
    paused: bool
    created_at: datetime
    secret: str = ""


class Delivery(Struct, frozen=True, kw_only=True):
    """What a webhook was, or is to be, told. `id` is the header `webhook-id`."""

    id: str
    event: str
    subject: str
    state: str
    attempts: int
    dataset: str | None = None
    status: int | None = None
    error: str | None = None
    next_at: datetime | None = None
    created_at: datetime | None = None
    ended_at: datetime | None = None


class _Webhooks(Struct):
    webhooks: list[Webhook]


class _Deliveries(Struct):
    deliveries: tuple[Delivery, ...]
    next_cursor: str | None


def create_webhook(webhook: Mapping[str, Any]) -> Call[Webhook]:
    return Call("POST", WEBHOOKS, reader(Webhook), content=webhook)


def webhooks() -> Call[list[Webhook]]:
    read = reader(_Webhooks)
    return Call("GET", WEBHOOKS, lambda content: read(content).webhooks)


def change_webhook(webhook_id: str, changes: Mapping[str, Any]) -> Call[Webhook]:
    return Call("PATCH", _webhook(webhook_id), reader(Webhook), content=changes)


def remove_webhook(webhook_id: str) -> Call[None]:
    return Call("DELETE", _webhook(webhook_id), lambda _: None)


def deliveries(webhook_id: str, limit: int, cursor: str | None) -> Call[Part[Delivery]]:
    read, asked = reader(_Deliveries), parameters({"limit": limit, "cursor": cursor})
    return Call("GET", f"{_webhook(webhook_id)}/deliveries", lambda content: part(read(content), "deliveries"), asked)


def replay_delivery(webhook_id: str, delivery_id: str) -> Call[Delivery]:
    return Call("POST", f"{_webhook(webhook_id)}/deliveries/{quote(delivery_id, safe='')}/replay", reader(Delivery))


def _webhook(webhook_id: str) -> str:
    return f"{WEBHOOKS}/{quote(webhook_id, safe='')}"
