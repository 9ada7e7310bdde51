"""Receives one file, stage by stage:

    admit ───▶ open ───▶ begin ────▶ store and scan ───▶ decide ───▶ enqueue ───▶ the upload, as it is answered
    how many,  options,  RECEIVING   one pass over       columns,    PENDING, or
    the key    bytes     in the      the bytes           key         under way
                         catalog           └───── any error ────────────┴──▶ refuse: FAILED, its files removed

Admitting is `admission.py`, opening `body.py`, `stated.py` and `pace.py`; both are done by the route, before there is an upload. The others are
methods here, in this order.

File before row: an orphan object is harmless, a row without its object is not.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.idempotency import find_answer, keep_answer, take_key
from backbone.catalog.outbox import Relay
from backbone.catalog.stored_files import file_key, keys_in_use, reading_key
from backbone.catalog.uploads import shown_row
from backbone.columns.key import find_key
from backbone.errors import Unavailable
from backbone.files.port import FileStore
from backbone.findings import merge_findings
from backbone.http.upload_answer import Upload, to_upload
from backbone.lifecycle.receive_upload import NewUpload, ReceivedFile, begin_upload, enqueue_upload, refuse_upload
from backbone.postgres.engine import transaction
from backbone.rows.store import RowStore
from backbone.settings import Settings
from services.upload.options import UploadOptions
from services.upload.receive.admission import key_limits
from services.upload.receive.heartbeat import Heartbeat
from services.upload.receive.refusal import as_upload_error, findings_of
from services.upload.receive.store_and_scan import StoreAndScan
from services.upload.scan.codes import mark_codes
from services.upload.scan.prose import mark_prose
from services.upload.scan.scanner import Scan
from services.upload.scan.weights import tell_language, weigh_columns
from services.upload.tables.gather import TableReaders


@dataclass(frozen=True)
class Receiver:
    engine: AsyncEngine
    files: FileStore
    rows: RowStore
    relay: Relay
    settings: Settings
    tables: TableReaders

    async def receive(self, upload_id: str, options: UploadOptions, body: AsyncIterator[bytes], key: str | None = None) -> Upload:
        """The upload as it is answered: PENDING, PROCESSING already, or at an end already; under an idempotency `key` that was answered
        before, the first one's. Or leaves it FAILED, and raises what it failed of."""
        new = _new_upload(upload_id, options)
        answered = await self._begin(new, key)
        if answered is not None:
            return answered
        structlog.contextvars.bind_contextvars(upload_id=upload_id)
        async with Heartbeat(self.engine, upload_id, self.settings.receiving_lost_s) as heartbeat:
            storing = StoreAndScan(upload_id, self.files, options, self.settings, heartbeat, self.tables)
            try:
                scan = await storing.run(body)
                upload = await self._enqueue(new, decide(options, storing, scan), has_key=key is not None)
            except BaseException as error:
                # Shielded: a client that hangs up cancels this very task, and the upload would stay RECEIVING until it is found lost.
                queued = await asyncio.shield(self._refuse(storing, error))
                if queued is None or not isinstance(error, Exception):
                    raise
                upload = queued
        self.relay.wake()
        return upload

    async def _begin(self, new: NewUpload, key: str | None) -> Upload | None:
        """Writes the upload down as RECEIVING; None, or the answer that the first upload under this key got."""
        asked = {**new.options, "dataset": new.dataset}
        async with transaction(self.engine) as connection:
            if key is not None:
                answer = await find_answer(connection, key, asked, self.settings.idempotency_kept_s)
                if answer is not None:
                    return msgspec.convert(answer, Upload)
            await begin_upload(connection, new, key_limits(self.settings))
            if key is not None:
                await take_key(connection, key, new.id, asked)
        return None

    async def _enqueue(self, new: NewUpload, file: ReceivedFile, *, has_key: bool) -> Upload:
        async with transaction(self.engine) as connection:
            row = await enqueue_upload(connection, self.rows, new, file)
            upload = to_upload(row, datetime.now(UTC))
            if has_key:
                await keep_answer(connection, new.id, msgspec.to_builtins(upload))
        return upload

    async def _refuse(self, storing: StoreAndScan, error: BaseException) -> Upload | None:
        """Ends the upload, and removes what the catalog does not need of it. Where it stands in the queue all the same (the answer to
        COMMIT was lost, not the COMMIT), it stays, and is answered.

        Without PostgreSQL nobody knows, so nothing is removed: if it is RECEIVING, it is found lost later, and its files go then.
        """
        await storing.stop()
        try:
            async with transaction(self.engine) as connection:
                reason = as_upload_error(error, storing.size_bytes)
                is_refused = await refuse_upload(connection, storing.upload_id, reason, storing.size_bytes, findings_of(error))
                needed = await keys_in_use(connection, [storing.upload_id])
                queued = None if is_refused or not needed else await shown_row(connection, storing.upload_id)
        except Unavailable:
            return None
        for stored in {file_key(storing.upload_id), reading_key(storing.upload_id)} - needed:
            await self.files.delete(stored)
        self.relay.wake()
        return None if queued is None else to_upload(queued, datetime.now(UTC))


def _new_upload(upload_id: str, options: UploadOptions) -> NewUpload:
    return NewUpload(
        id=upload_id,
        dataset=options.dataset_name,
        file_name=options.file_name,
        mode=options.mode,
        hold=options.hold,
        options=msgspec.to_builtins(options),
    )


def decide(options: UploadOptions, storing: StoreAndScan, scan: Scan) -> ReceivedFile:
    """What the file is, from what was seen of it and what its sender said. Raises `Rejected`."""
    columns = weigh_columns(mark_codes(mark_prose(scan.columns, scan.profile, scan.records), scan.profile), scan.profile, scan.records)
    told = () if options.language is not None else tell_language(columns)
    return ReceivedFile(
        reading_key=storing.reading_key,
        size_bytes=storing.size_bytes,
        sha256=storing.sha256.hexdigest(),
        dialect=scan.dialect,
        columns=columns,
        key=find_key(options.key_names, scan.columns) if scan.columns else (),  # of a file without a byte: the dataset's
        profile=msgspec.to_builtins(scan.profile),
        findings=merge_findings(scan.findings, told),
        records=scan.records,
        chunks=scan.chunks,
    )
