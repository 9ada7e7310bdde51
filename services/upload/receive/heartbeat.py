"""The heartbeat of an upload while its file comes in: it tells the catalog that the pod lives, and the pod whether the upload is still wanted."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.receiving import beat
from backbone.errors import Conflict, Unavailable
from backbone.postgres.engine import transaction

BEATS_PER_LOSS: Final = 4  # so that a few may fail before the sweep takes the pod for dead
BEAT_EVERY_S_MAX: Final = 2.0


class Heartbeat:
    """Beats from entering to exit. `size_bytes` is told with each beat, as progress."""

    def __init__(self, engine: AsyncEngine, upload_id: str, lost_s: float) -> None:
        self.size_bytes = 0
        self._engine = engine
        self._upload_id = upload_id
        self._every_s = min(BEAT_EVERY_S_MAX, lost_s / BEATS_PER_LOSS)
        self._ended = False

    async def __aenter__(self) -> Self:
        self._beating = asyncio.create_task(self._beat())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._beating.cancel()
        await asyncio.wait([self._beating])

    def check(self) -> None:
        """Raises `Conflict` when somebody has ended the upload meanwhile: a cancel, or a sweep that took this pod for dead."""
        if self._ended:
            raise Conflict("upload-ended", f"Upload {self._upload_id} was ended while its file came in. Nothing was kept.")

    async def _beat(self) -> None:
        while not self._ended:
            await asyncio.sleep(self._every_s)
            with suppress(Unavailable):  # PostgreSQL may be back before the file is in
                await self._touch()

    async def _touch(self) -> None:
        async with transaction(self._engine) as connection:
            self._ended = not await beat(connection, self._upload_id, self.size_bytes)
