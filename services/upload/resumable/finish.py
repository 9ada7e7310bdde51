"""Makes an upload of the pieces of a file that has come whole, and puts away what is needed no more."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

import structlog
import uuid_utils

from backbone.catalog.resumables import (
    PASSING,
    Resumable,
    claim_whole,
    expire_resumable,
    expired_resumables,
    forget_resumable,
    list_pieces,
    mark_finished,
    pieces_folder,
    read_resumable,
    unclaimed,
)
from backbone.errors import Conflict, Rejected
from backbone.http.upload_answer import Upload
from backbone.postgres.engine import transaction
from backbone.runtime.principal import Principal, asking, set_asking
from services.upload.options import read_options
from services.upload.receive.receive import Receiver

AT_ONCE_MAX: Final = 100

log = structlog.get_logger()


@dataclass(frozen=True)
class Finisher:
    receiver: Receiver
    kept_s: float
    running: set[asyncio.Task[Upload]] = field(default_factory=set)

    async def finish(self, resumable_id: str, upload_id: str | None = None) -> Upload:
        """The upload, as after `POST /api/uploads`. It is made to its end, whether or not whoever sent the last piece stays to hear of it.
        Raises what it was refused for, `Conflict` when somebody else makes it, `Unavailable`."""
        task = asyncio.create_task(self._finish(resumable_id, upload_id or str(uuid_utils.uuid7())))
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        return await asyncio.shield(task)

    async def _finish(self, resumable_id: str, upload_id: str) -> Upload:
        engine = self.receiver.engine
        async with transaction(engine) as connection:
            resumable = await read_resumable(connection, resumable_id, self.kept_s)
            if resumable.owner and not asking().id:  # in the background too it is theirs who began it
                set_asking(Principal(resumable.owner, f"key {resumable.owner}", ("upload",)))
            if not await claim_whole(connection, resumable_id, upload_id):
                raise Conflict("taken-already", f"File {resumable_id} is being loaded, or was: upload {resumable.upload_id}.")
        try:
            upload = await self.receiver.receive(upload_id, read_options(resumable.options), self._content(resumable))
        except Rejected as error:
            error.place = {"upload": f"/api/uploads/{upload_id}", **error.place}
            if error.code not in PASSING:
                await self._put_away(resumable_id)
            raise
        await self._put_away(resumable_id)
        return upload

    async def _content(self, resumable: Resumable) -> AsyncIterator[bytes]:
        async with transaction(self.receiver.engine) as connection:
            pieces = await list_pieces(connection, resumable.id)
        for piece in pieces:
            async for block in self.receiver.files.stream(piece.key):
                yield block

    async def _put_away(self, resumable_id: str) -> None:
        async with transaction(self.receiver.engine) as connection:
            await mark_finished(connection, resumable_id)
        await self.remove_pieces(resumable_id)

    async def remove_pieces(self, resumable_id: str) -> None:
        async for key in self.receiver.files.keys(pieces_folder(resumable_id)):
            await self.receiver.files.delete(key)

    async def forget(self, resumable_id: str) -> None:
        """Nobody can go on with what is half gone; after a crash in the middle of this, it is found expired, and cleared up again."""
        async with transaction(self.receiver.engine) as connection:
            await expire_resumable(connection, resumable_id)
        await self.remove_pieces(resumable_id)
        async with transaction(self.receiver.engine) as connection:
            await forget_resumable(connection, resumable_id)

    async def finish_left_behind(self) -> None:
        async with transaction(self.receiver.engine) as connection:
            left = await unclaimed(connection, AT_ONCE_MAX)
        for resumable_id in left:
            try:
                await self.finish(resumable_id)
            except Rejected as error:  # its upload tells
                log.warning("file in pieces was refused", resumable_id=resumable_id, code=error.code)

    async def forget_expired(self) -> None:
        async with transaction(self.receiver.engine) as connection:
            expired = await expired_resumables(connection, self.kept_s, AT_ONCE_MAX)
        for resumable_id in expired:
            await self.forget(resumable_id)
