"""Preview over HTTP: what a file would become, from its first bytes, with nothing stored."""

from collections.abc import AsyncIterator
from typing import Any, Final

from litestar import Request, post
from litestar.types import ControllerRouterHandler

from backbone.runtime.threads import in_thread
from backbone.settings import Settings
from services.upload.api.describe import FileBody
from services.upload.receive.body import open_body
from services.upload.scan.preview import Preview, preview

PREVIEW: Final = "/api/preview"
SAMPLE_BYTES: Final = 64 * 1024


def preview_routes(settings: Settings) -> list[ControllerRouterHandler]:
    @post(PREVIEW, status_code=200, request_max_body_size=None, operation_class=FileBody, reads_its_query=True, tags=["uploads"])
    async def preview_file(request: Request[Any, Any, Any]) -> Preview:
        """Send a file, or its first 64 KiB: dialect, encoding, columns, the types so far and the first 50 rows come back. Nothing is
        stored. Takes the same options as an upload."""
        options, body = await open_body(request)
        sample, whole = await read_sample(body)
        scan_options = options.scan_options(settings.chunk_bytes, settings.record_bytes_max, settings.columns_max)
        return await in_thread(
            preview, sample, scan_options, encoding=options.encoding or None, errors=options.encoding_errors, whole=whole
        )

    return [preview_file]


async def read_sample(body: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """The first bytes, and whether they are all. The rest of a large body is not read: the connection is closed behind the answer."""
    sample = b""
    async for block in body:
        sample += block
        if len(sample) > SAMPLE_BYTES:
            return sample[:SAMPLE_BYTES], False
    return sample, True
