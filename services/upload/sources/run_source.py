"""One run of a source: what is new there becomes uploads, each through the same pipeline as one that somebody sends.

    settle what a run before has left ───▶ list ───▶ of each that is new: write down its upload's id ───▶ receive ───▶ settle

A process may die behind any of these steps; the next one goes on by what is written down (`catalog/source_fetches.py`).
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

import uuid_utils
from msgspec import Struct

from backbone.catalog.source_fetches import begin_fetch, fetches_of, known_marks
from backbone.catalog.source_runs import RunRecord
from backbone.catalog.sources import SourceRecord
from backbone.errors import Rejected
from backbone.outgoing.client import RemoteAway
from backbone.postgres.engine import transaction
from services.upload.options import UploadOptions, read_options
from services.upload.receive.receive import Receiver
from services.upload.sources.left_behind import done_before, settle_left_behind
from services.upload.sources.place import Content, Item, Place

TRIES_MAX: Final = 3  # of one item whose bytes break off
PAUSE_S: Final = 1.0
ITEMS_AT_ONCE: Final = 500


class Outcome(Struct, frozen=True):
    """`refused`: why, of each item that was."""

    delivered: int
    unchanged: int
    refused: Sequence[str]


@dataclass(frozen=True)
class SourceRun:
    run: RunRecord
    source: SourceRecord
    place: Place
    receiver: Receiver

    async def carry_out(self) -> Outcome:
        """Raises `Conflict` when it is no longer this process's, `Rejected`, `RemoteAway`, `Unavailable`."""
        await self._settle_left_behind()
        done = await done_before(self.receiver.engine, self.run.id)
        async for items in _batched(self.place.items()):
            known = await self._known([item.name for item in items])
            for item in items:
                is_new = self.run.again or not item.mark or known.get(item.name) != item.mark
                if is_new and item.name not in done:
                    await self._fetch(item, None if self.run.again else known.get(item.name))
        return await self._outcome()

    async def _fetch(self, item: Item, known: str | None) -> None:
        for attempt in range(1, TRIES_MAX + 1):
            has_begun = False
            try:
                async with self.place.open(item, known) as content:
                    has_begun = True
                    if content is not None:
                        await self._receive(item, content)
                return
            except RemoteAway:
                await self._settle_left_behind()
                if attempt == TRIES_MAX or not has_begun:  # opening it was tried several times by whoever did
                    raise
                await asyncio.sleep(PAUSE_S * 2**attempt)

    async def _receive(self, item: Item, content: Content) -> None:
        options = self._options(content)
        async with transaction(self.receiver.engine) as connection:
            upload_id = await begin_fetch(connection, self.run, item.name, content.mark, str(uuid_utils.uuid7()))
        try:
            await self.receiver.receive(upload_id, options, content.blocks)
        except Rejected:  # its upload tells why, where there is one
            if not await self._was_begun(item):
                raise
        await self._settle_left_behind()

    def _options(self, content: Content) -> UploadOptions:
        """`if_changed`: the same bytes again change nothing, unless the source says otherwise."""
        found = {"file_name": content.file_name, "if_changed": "true"} | ({"format": content.format} if content.format else {})
        return read_options({**found, **self.source.options, "dataset": self.source.dataset})

    async def _settle_left_behind(self) -> None:
        await settle_left_behind(self.receiver.engine, self.source.id, self.run.id)

    async def _was_begun(self, item: Item) -> bool:
        async with transaction(self.receiver.engine) as connection:
            return any(fetch.item == item.name and fetch.state is not None for fetch in await fetches_of(connection, self.run.id))

    async def _known(self, items: Sequence[str]) -> dict[str, str]:
        async with transaction(self.receiver.engine) as connection:
            return dict(await known_marks(connection, self.source.id, items))

    async def _outcome(self) -> Outcome:
        async with transaction(self.receiver.engine) as connection:
            fetches = await fetches_of(connection, self.run.id)
        refused = [str((fetch.error or {}).get("detail", "")) for fetch in fetches if fetch.state == "FAILED"]
        unchanged = sum(fetch.state == "UNCHANGED" for fetch in fetches)
        return Outcome(len(fetches) - len(refused) - unchanged, unchanged, refused)


async def _batched(items: AsyncIterator[Item]) -> AsyncIterator[list[Item]]:
    batch: list[Item] = []
    async for item in items:
        batch.append(item)
        if len(batch) == ITEMS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
