"""Why a file was not taken in, as the upload's readers see it. Pure."""

import asyncio
from collections.abc import Sequence

import structlog

from backbone.errors import Rejected, Unavailable
from backbone.findings import Finding, Stopped
from backbone.http.in_flight import SHUTTING_DOWN
from backbone.lifecycle.end_upload import UploadError

log = structlog.get_logger()


def findings_of(error: BaseException) -> Sequence[Finding]:
    return [error.finding] if isinstance(error, Stopped) else []


def as_upload_error(error: BaseException, size_bytes: int) -> UploadError:
    if isinstance(error, Rejected):
        return UploadError(type=error.code, detail=error.detail)
    if isinstance(error, Unavailable):
        return UploadError(type=error.code, detail=f"While the file came in: {error.advice} Nothing was kept of it: send it again then.")
    if isinstance(error, asyncio.CancelledError) and SHUTTING_DOWN in error.args:
        return UploadError(
            type="shutting-down",
            detail=f"The process that received the file was shut down after {size_bytes} bytes. Nothing was kept: send the file again.",
        )
    if isinstance(error, asyncio.CancelledError):
        return UploadError(
            type="body-cut-off", detail=f"The client went away after {size_bytes} bytes. Nothing was kept: send the file again."
        )
    log.error("receive failed", exc_info=error)
    return UploadError(
        type="internal-error", detail=f"Rowmill itself failed while it took the file in ({type(error).__name__}). It was logged."
    )
