"""Preview over HTTP: what a file would become, from its first bytes, with nothing stored."""

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
from backbone.runtime.threads import in_thread
from backbone.settings import Settings
from services.upload.api.describe import FileBody
from services.upload.options import UploadOptions
from services.upload.receive.body import open_body
from services.upload.receive.pace import pace_of
from services.upload.scan.preview import Preview, preview

PREVIEW: Final = "/api/preview"
SAMPLE_BYTES: Final = 64 * 1024


def preview_routes(engine: AsyncEngine, settings: Settings) -> list[ControllerRouterHandler]:
    @post(PREVIEW, status_code=200, request_max_body_size=None, operation_class=FileBody, reads_its_query=True, tags=["uploads"])
    async def preview_file(request: Request[Any, Any, Any]) -> Preview:
        """Send a file, or its first 64 KiB: dialect, encoding, columns, the types so far and the first 50 rows come back. Nothing is
        stored. Takes the same options as an upload; with `dataset`, the findings tell what the file adds to it, lacks and retypes."""
        options, body = await open_body(request, pace_of(settings))
        sample, whole = await read_sample(body)
        scan_options = options.scan_options(settings.chunk_bytes, settings.record_bytes_max, settings.columns_max)
        seen = await in_thread(
            preview, sample, scan_options, encoding=options.encoding or None, errors=options.encoding_errors, whole=whole
        )
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


async def read_sample(body: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """The first bytes, and whether they are all. The rest of a large body is not read: the connection is closed behind the answer."""
    sample = b""
    async for block in body:
        sample += block
        if len(sample) > SAMPLE_BYTES:
            return sample[:SAMPLE_BYTES], False
    return sample, True
