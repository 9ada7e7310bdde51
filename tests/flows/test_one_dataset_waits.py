"""A dataset that something holds keeps nobody else waiting."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import asyncpg

from backbone.wiring import postgres_url
from tests.flows.pods import Rowmill, wait_for

SMALL = b"n\n1\n2\n"


@contextmanager
def locked(rowmill: Rowmill, dataset: str) -> Iterator[None]:
    """Its row, without which no upload of it starts or becomes a version: as by somebody at psql who went to lunch."""
    is_locked, may_go = Event(), Event()

    async def hold() -> None:
        connection = await asyncpg.connect(postgres_url(rowmill.settings()))
        try:
            async with connection.transaction():
                await connection.execute("SELECT FROM datasets WHERE name = $1 FOR UPDATE", dataset)
                is_locked.set()
                await asyncio.to_thread(may_go.wait)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as thread:
        holding = thread.submit(asyncio.run, hold())
        try:
            assert is_locked.wait(30)
            yield
        finally:
            may_go.set()
            holding.result()


def test_a_locked_dataset_keeps_no_other_waiting(rowmill: Rowmill) -> None:
    rowmill.load(SMALL, dataset="locked")
    waiting = rowmill.upload(SMALL * 2_000, dataset="locked", hold="true")
    rowmill.wait(waiting)
    with ThreadPoolExecutor(1) as thread, locked(rowmill, "locked"):
        publishing = thread.submit(_publish, rowmill, waiting["id"])
        for number in range(3):
            assert rowmill.load(SMALL, dataset=f"free-{number}")["rows"] == 2
            assert rowmill.rows(f"free-{number}")["total"]["value"] == 2
        assert rowmill.rows("locked")["total"]["value"] == 2  # read as before
        assert not publishing.done()
    assert publishing.result() == 200

    def is_there() -> bool:
        return bool(rowmill.rows("locked")["total"]["value"] > 2)

    wait_for(is_there, 60, "the version that waited for the lock is published")


def _publish(rowmill: Rowmill, upload_id: str) -> int:
    with rowmill.uploads as http:
        return http.post(f"/api/uploads/{upload_id}/publish").status_code
