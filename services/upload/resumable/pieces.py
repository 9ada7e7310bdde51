"""Takes a stretch of a file as it comes and stores it in pieces, each a file of its own. What has come is kept, however the request ends."""

import uuid
from collections.abc import AsyncIterator
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.resumables import Piece, Resumable, add_piece, pieces_folder
from backbone.errors import BadRequest, Rejected
from backbone.files.port import FileStore
from backbone.postgres.engine import transaction
from backbone.runtime.blocks import blocks_of
from services.upload.resumable.protocol import ALGORITHMS, Checksum, ChecksumMismatch

PIECE_BYTES_MAX: Final = 32 * 1024 * 1024  # what a broken line, or a killed process, costs at most
BLOCK_BYTES: Final = 1024 * 1024


class _Cut:
    """A body cut into pieces. `error` is what broke it off: it is raised once what came before is stored."""

    def __init__(self, body: AsyncIterator[bytes], digest: Any) -> None:
        self.error: Exception | None = None
        self._blocks = blocks_of(_until_broken(body, self), BLOCK_BYTES)
        self._digest = digest
        self._rest = b""

    async def begins(self) -> bool:
        """Whether another byte comes."""
        if not self._rest:
            self._rest = await anext(self._blocks, b"")
        return bool(self._rest)

    async def take(self, length: int) -> AsyncIterator[bytes]:
        """At most so many bytes."""
        while length and await self.begins():
            block, self._rest = self._rest[:length], self._rest[length:]
            length -= len(block)
            if self._digest is not None:
                self._digest.update(block)
            yield block


async def _until_broken(body: AsyncIterator[bytes], cut: _Cut) -> AsyncIterator[bytes]:
    try:
        async for block in body:
            yield block
    except Rejected as error:
        cut.error = error


async def take_pieces(
    engine: AsyncEngine, files: FileStore, resumable: Resumable, body: AsyncIterator[bytes], checksum: Checksum | None
) -> int:
    """How much of the file is there now. With a checksum all of the body counts, or nothing. Raises `Conflict`, `ChecksumMismatch`,
    `BadRequest` for a body that is too long, and what broke the body off."""
    cut = _Cut(body, None if checksum is None else (digest := ALGORITHMS[checksum.algorithm]()))
    stored: list[Piece] = []
    end = resumable.received_bytes
    try:
        while end < resumable.size_bytes and await cut.begins():
            length_max = min(PIECE_BYTES_MAX, resumable.size_bytes - end)
            piece = await _store(files, resumable.id, end, cut.take(length_max))
            stored.append(piece)
            end += piece.length
            if checksum is None:
                await _keep(engine, resumable.id, stored)
        if cut.error is None and await cut.begins():
            raise BadRequest(
                "piece-too-long", f"The piece reaches beyond the file's {resumable.size_bytes} bytes, which Upload-Length said."
            )
        if cut.error is not None:
            raise cut.error
        if checksum is not None:
            if digest.digest() != checksum.digest:
                raise ChecksumMismatch("checksum-mismatch", f"The piece from byte {resumable.received_bytes} came damaged. Send it again.")
            await _keep(engine, resumable.id, stored)
    finally:
        for piece in stored:  # not in the catalog
            await files.delete(piece.key)
    return end


async def _store(files: FileStore, resumable_id: str, offset: int, blocks: AsyncIterator[bytes]) -> Piece:
    # A key of its own: whoever sends the same piece at the same time must not write into ours.
    key = f"{pieces_folder(resumable_id)}{offset}-{uuid.uuid4().hex[:8]}"
    return Piece(offset, await files.put(key, blocks), key)


async def _keep(engine: AsyncEngine, resumable_id: str, stored: list[Piece]) -> None:
    """File before row: what is in the catalog can be read."""
    async with transaction(engine) as connection:
        for piece in stored:
            await add_piece(connection, resumable_id, piece)
    stored.clear()
