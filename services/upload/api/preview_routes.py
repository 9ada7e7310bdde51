"""Preview over HTTP: what a file would become, from its first bytes (of a workbook or a Parquet file from all of it), with nothing stored."""

from collections.abc import AsyncIterator
from typing import Any, Final

from litestar import Request, post
from litestar.types import ControllerRouterHandler
from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.datasets import read_view
from backbone.columns.compare import Wanted, compare_columns
from backbone.errors import NotFound
from backbone.findings import Stopped, merge_findings
from backbone.postgres.engine import transaction
from backbone.runtime.threads import in_patient_thread, in_thread
from backbone.settings import Settings
from services.upload.api.describe import FileBody
from services.upload.options import UploadOptions
from services.upload.receive.body import open_body
from services.upload.receive.pace import pace_of
from services.upload.receive.unmarked import unmarked_refused
from services.upload.scan.preview import Preview, show
from services.upload.scan.reading_copy import ReadingCopy
from services.upload.tables.gather import TableReaders

PREVIEW: Final = "/api/preview"
SAMPLE_BYTES: Final = 64 * 1024


def preview_routes(engine: AsyncEngine, settings: Settings, tables: TableReaders) -> list[ControllerRouterHandler]:
    @post(PREVIEW, status_code=200, request_max_body_size=None, operation_class=FileBody, reads_its_query=True, tags=["uploads"])
    async def preview_file(request: Request[Any, Any, Any]) -> Preview:
        """Send a file, or its first 64 KiB (a workbook or a Parquet file as a whole): dialect, encoding, columns, the types so far and the first 50 rows
        come back. Nothing is stored. Takes the same options as an upload; with `dataset`, the findings tell what the file adds to it, lacks and retypes."""
        options, body = await open_body(request, pace_of(settings), settings.file_bytes_max)
        scan_options = options.scan_options(settings.chunk_bytes, settings.record_bytes_max, settings.columns_max)
        copy = ReadingCopy(
            encoding=options.encoding or None, errors=options.encoding_errors, format=options.format, open_table=tables.opener(options)
        )
        text, whole = await read_text(copy, body)
        seen = await in_thread(show, copy, text, scan_options, whole=whole)
        return await _beside_dataset(engine, seen, options) if options.dataset else seen

    return [preview_file]


async def _beside_dataset(engine: AsyncEngine, seen: Preview, options: UploadOptions) -> Preview:
    """With the dataset's names for its columns, and what would be told of them, or stop the upload. As it is where there is no such dataset."""
    try:
        async with transaction(engine) as connection:
            table = (await read_view(connection, options.dataset_name)).table
    except NotFound:
        return seen
    wanted = Wanted(
        mode=options.mode,
        policy=options.columns,
        missing=options.missing,
        retype=options.retype,
        has_titles=seen.dialect.header or bool(options.names),
        empty={column.name for place, column in enumerate(seen.columns) if all(row[place] is None for row in seen.rows)},
    )
    try:
        match, findings = compare_columns(seen.columns, table.columns, wanted)
    except Stopped as stopped:
        return structs.replace(seen, findings=merge_findings(seen.findings, [stopped.finding]))
    return structs.replace(seen, columns=match.columns, findings=merge_findings(seen.findings, findings))


async def read_text(copy: ReadingCopy, body: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """The first text that comes out of `copy`, and whether it is all. The rest of a large body is not read, unless nothing can be told of the
    file before its end; then the connection is closed behind the answer. Raises Rejected."""
    sample, rest = await read_sample(body)
    whole = not rest
    text = await in_thread(_feed, copy, sample, whole=whole)
    is_table = copy.gathers is not None
    if not is_table:
        return text, whole
    try:
        if not whole and copy.gathers not in ("json", "ndjson"):
            await in_thread(_feed, copy, rest)
            async for block in body:
                await in_thread(_feed, copy, block)
            whole = True
        return await in_patient_thread(_beginning, copy, is_cut=not whole)
    finally:
        copy.close()


@unmarked_refused()
def _feed(copy: ReadingCopy, block: bytes, *, whole: bool | None = None) -> bytes:
    """What comes out at once. `whole` is None for a later block."""
    pieces = [*copy.feed(block)]
    if whole is not None:
        pieces += copy.peek(last=whole)
    if whole and copy.gathers is None:
        pieces += copy.finish()
    return b"".join(pieces)


@unmarked_refused()
def _beginning(copy: ReadingCopy, *, is_cut: bool) -> tuple[bytes, bool]:
    pieces, size = list[bytes](), 0
    for piece in copy.finish(is_cut=is_cut):
        pieces.append(piece)
        size += len(piece)
        if size >= SAMPLE_BYTES:
            return b"".join(pieces), False
    return b"".join(pieces), not is_cut


async def read_sample(body: AsyncIterator[bytes]) -> tuple[bytes, bytes]:
    """The first bytes, and what came behind them already: nothing of a small file."""
    sample = b""
    async for block in body:
        sample += block
        if len(sample) > SAMPLE_BYTES:
            break
    return sample[:SAMPLE_BYTES], sample[SAMPLE_BYTES:]
