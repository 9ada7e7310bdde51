"""What webhooks are told is written down with what makes it true: rolled back together, claimed by one process, seen by whom it concerns."""

import asyncio
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.audit import AuditFilter, list_audit
from backbone.catalog.dataset_of_upload import dataset_of_upload
from backbone.catalog.datasets import ensure_dataset
from backbone.catalog.upload_list import list_uploads
from backbone.catalog.uploads import create_upload, read_upload, step
from backbone.catalog.webhook_news import tell_webhooks
from backbone.catalog.webhooks import claim_deliveries, covers, create_webhook, list_deliveries, settle_delivery
from backbone.lifecycle.remove import remove_dataset
from backbone.lifecycle.rename import change_dataset
from backbone.postgres.engine import transaction
from backbone.runtime.principal import Principal, set_asking


async def make(engine: AsyncEngine, *datasets: str) -> str:
    values = {"url": "https://a.example", "datasets": list(datasets), "events": ["upload.complete", "dead-letter"], "secret": ""}
    async with transaction(engine) as connection:
        return (await create_webhook(connection, values)).id


async def test_it_is_told_what_is_committed_and_of_what_it_asked_for(engine: AsyncEngine) -> None:
    one, beginning, everything = await make(engine, "shop"), await make(engine, "shop-*", "x"), await make(engine, "*")
    with pytest.raises(ZeroDivisionError):
        async with transaction(engine) as connection:
            await tell_webhooks(connection, "upload.complete", "shop", "undone")
            raise ZeroDivisionError
    async with transaction(engine) as connection:
        await tell_webhooks(connection, "upload.complete", "shop", "u1")
        await tell_webhooks(connection, "upload.complete", "shop-a", "u2")
        await tell_webhooks(connection, "upload.held", "shop", "u3")  # nobody asked for it
        await tell_webhooks(connection, "dead-letter", None, "l1")
        told = {
            webhook: sorted(row["subject"] for row in await list_deliveries(connection, webhook, 10, None))
            for webhook in (one, beginning, everything)
        }
    assert told == {one: ["u1"], beginning: ["u2"], everything: ["l1", "u1", "u2"]}


async def test_uploads_of_a_dataset_that_goes_are_told_of_by_its_name(engine: AsyncEngine) -> None:
    """The one that it had in the end, and not the one that they were sent to."""
    values = {"url": "https://a.example", "datasets": ["books"], "events": ["upload.cancelled"], "secret": ""}
    async with transaction(engine) as connection:
        webhook = (await create_webhook(connection, values)).id
        dataset_id = await ensure_dataset(connection, "boks")
        await create_upload(connection, {"id": "u1", "dataset": "boks", "file_name": "f", "file_key": "k", "mode": "append"})
        await step(connection, "u1", "PENDING", dataset_id=dataset_id)
        await change_dataset(connection, "boks", name="books", title=None, versions_kept=None)
        await remove_dataset(connection, "books")
        told = await list_deliveries(connection, webhook, 10, None)
        assert [(row["event"], row["dataset"], row["subject"]) for row in told] == [("upload.cancelled", "books", "u1")]
        assert (await read_upload(connection, "u1")).dataset == await dataset_of_upload(connection, "u1") == "books"
        lines = await list_audit(connection, AuditFilter(dataset="books"), limit=10)
        assert [line["action"] for line in lines] == ["dataset.removed", "upload.cancelled"]
        asked: dict[str, Any] = {"state": None, "sort": "created", "descending": True, "limit": 10, "after": None}
        for seen, known in ((["*"], ["u1"]), (["books"], ["u1"]), (["boks"], []), (["~*"], [])):
            assert [row["id"] for row in await list_uploads(connection, dataset="books", seen=seen, **asked)] == known


async def test_a_delivery_is_one_process_at_a_time(engine: AsyncEngine) -> None:
    await make(engine, "*")
    async with transaction(engine) as connection:
        for number in range(6):
            await tell_webhooks(connection, "upload.complete", "shop", f"u{number}")

    async def claim() -> list[str]:
        async with transaction(engine) as connection:
            return [claimed.id for claimed in await claim_deliveries(connection, 60.0)]

    claimed = [name for names in await asyncio.gather(*(claim() for _ in range(4))) for name in names]
    assert len(claimed) == len(set(claimed)) == 6
    assert await claim() == []
    async with transaction(engine) as connection:
        await settle_delivery(connection, claimed[0], "WAITING", 503, "busy", 0)
        await settle_delivery(connection, claimed[1], "DELIVERED", 200, None)
    assert await claim() == [claimed[0]]


def test_patterns_that_go_beyond_what_one_sees() -> None:
    set_asking(Principal("k", "k", ("manage",), ("shop-*", "orders")))
    assert covers(["shop-*"]) and covers(["shop-a*", "orders", "shop-x"])
    for beyond in ("*", "shop*", "orders*", "bank"):
        assert not covers([beyond, "orders"])
