"""A failed upload tried again, over HTTP."""

import asyncio
from typing import Final

from litestar import post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.outbox import Relay
from backbone.errors import Conflict
from backbone.http.fetch_upload import fetch_upload
from backbone.http.upload_answer import Upload
from backbone.lifecycle.retry import is_clean, requeue
from backbone.lifecycle.upload_queue import start_next
from backbone.postgres.engine import transaction
from backbone.rows.store import RowStore

UPLOADS: Final = "/api/uploads"
CLEANING_PATIENCE_S: Final = 10.0
LOOK_EVERY_S: Final = 0.1


def retry_routes(engine: AsyncEngine, rows: RowStore, relay: Relay) -> list[ControllerRouterHandler]:
    @post(UPLOADS + "/{upload_id:str}/retry", status_code=202, tags=["uploads"])
    async def retry_upload(upload_id: FromPath[str]) -> Upload:
        """Load a failed upload again from its stored file: for when what it failed of is mended. Nothing is sent again."""
        await _wait_until_clean(engine, upload_id)
        async with transaction(engine) as connection:
            await start_next(connection, rows, await requeue(connection, upload_id))
        relay.wake()
        return await fetch_upload(engine, upload_id)

    return [retry_upload]


async def _wait_until_clean(engine: AsyncEngine, upload_id: str) -> None:
    """Traces are removed within moments of the failure. Raises `Conflict` when that takes longer, `NotFound`."""
    deadline = asyncio.get_running_loop().time() + CLEANING_PATIENCE_S
    while True:
        async with transaction(engine) as connection:
            if await is_clean(connection, upload_id):
                return
        if asyncio.get_running_loop().time() > deadline:
            detail = f"What upload {upload_id} had loaded before it failed is still being removed. Try again in a few seconds."
            raise Conflict("not-clean-yet", detail)
        await asyncio.sleep(LOOK_EVERY_S)
