"""Makes an edit of what a request asks for, and an upload of an edit."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import uuid_utils
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.idempotency import find_answer, keep_answer, take_key
from backbone.catalog.outbox import Relay
from backbone.catalog.usage import KeyLimits
from backbone.csvread.batch_file import BatchFile, write_batch
from backbone.errors import TooLarge
from backbone.files.port import FileStore
from backbone.http.upload_answer import Upload, to_upload
from backbone.lifecycle.edit_rows import RowEdit, edit_options, enqueue_rows, store_rows
from backbone.lifecycle.receive_upload import NewUpload, ReceivedFile
from backbone.postgres.engine import transaction
from backbone.rows.store import RowStore
from backbone.runtime.concurrency_limit import ConcurrencyLimit
from backbone.settings import Settings
from services.query.editing.edit import Asked, Edit, make_edit, row_numbers
from services.query.editing.json_rows import JsonRow
from services.query.snapshot import Snapshot

STANDING_CHARACTERS_MAX: Final = 64 * 1024 * 1024  # of the rows that an edit means by number, were each as long as the longest
FILE_NAME: Final = "rows.csv"


@dataclass(frozen=True)
class Editing:
    engine: AsyncEngine
    files: FileStore
    rows: RowStore
    relay: Relay
    settings: Settings
    large: ConcurrencyLimit  # of bodies that are

    async def make(self, asked: Asked, rows: list[JsonRow]) -> Edit:
        """Raises `BadRequest`, `NotFound`, `Conflict`, `TooLarge`, `Unavailable`."""
        numbers = row_numbers(rows, asked)
        snapshot = await Snapshot.open(self.engine, asked.dataset, None)
        if not numbers:
            return await asyncio.to_thread(make_edit, asked, snapshot.view.table, rows)
        if len(numbers) * snapshot.view.longest_row > STANDING_CHARACTERS_MAX:
            raise TooLarge("rows-too-long", f"The rows may be too long to be changed {len(numbers)} at a time. Send fewer.")

        async def standing(view: Any) -> dict[int, msgspec.Raw]:
            return await self.rows.rows(view, numbers)

        snapshot, stands = await snapshot.read(standing)
        return await asyncio.to_thread(make_edit, asked, snapshot.view.table, rows, stands)

    async def apply(self, edit: Edit, key: str | None = None) -> Upload:
        """The upload as it is answered, under an idempotency `key` that was answered before the first one's. Raises `NotFound`, `Outdated`,
        `Conflict`, `Busy`, `Unavailable`."""
        upload_id = str(uuid_utils.uuid7())
        batch = await asyncio.to_thread(write_batch, edit.columns, edit.rows, self.settings.chunk_bytes)
        row_edit = _row_edit(upload_id, edit, batch)
        asked = {**row_edit.new.options, "dataset": edit.dataset, "sha256": row_edit.file.sha256, "targets": list(edit.targets)}
        if key is not None and (answer := await self._answered(key, asked)) is not None:
            return answer
        await store_rows(self.files, upload_id, batch.content)
        async with transaction(self.engine) as connection:
            row = await enqueue_rows(connection, self.rows, row_edit, _limits(self.settings))
            upload = to_upload(row, datetime.now(UTC))
            if key is not None:
                await take_key(connection, key, upload_id, asked)
                await keep_answer(connection, upload_id, msgspec.to_builtins(upload))
        self.relay.wake()
        return upload

    async def _answered(self, key: str, asked: Mapping[str, Any]) -> Upload | None:
        async with transaction(self.engine) as connection:
            answer = await find_answer(connection, key, asked, self.settings.idempotency_kept_s)
        return None if answer is None else msgspec.convert(answer, Upload)


def _row_edit(upload_id: str, edit: Edit, batch: BatchFile) -> RowEdit:
    new = NewUpload(
        id=upload_id,
        dataset=edit.dataset,
        file_name=FILE_NAME,
        mode=edit.mode,
        hold=False,
        options={"mode": edit.mode, "key": ",".join(edit.key), **edit_options(edit.version)},
    )
    file = ReceivedFile(
        reading_key=None,
        size_bytes=len(batch.content),
        sha256=hashlib.sha256(batch.content).hexdigest(),
        dialect=batch.dialect,
        columns=edit.columns,
        key=edit.key,
        profile=batch.profile,
        findings=(),
        records=len(edit.rows),
        chunks=batch.chunks,
    )
    targets = list(zip(batch.places, edit.targets, strict=True)) if edit.targets else []
    return RowEdit(new=new, file=file, targets=targets, version=edit.version)


def _limits(settings: Settings) -> KeyLimits:
    return KeyLimits(
        datasets_max=settings.datasets_per_key_max,
        rows_max=settings.rows_per_key_max,
        held_max=settings.held_per_key_max,
        bytes_per_day_max=settings.bytes_per_day_max,
    )
