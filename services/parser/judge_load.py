"""Whether what was loaded may stay: its rejects, and what would be left, compared with the options, the guards and the version before."""

from collections.abc import Sequence

from msgspec import Struct, structs
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.dataset_guards import standing_of
from backbone.catalog.findings import by_stage, keep_findings
from backbone.catalog.uploads import UploadRecord
from backbone.findings import Finding, merge_findings
from backbone.lifecycle.end_upload import UploadError, end_upload
from backbone.lifecycle.guards import Loaded, guard_loaded, tell_emptied


class Judged(Struct, frozen=True):
    upload: UploadRecord  # with what the load found
    rows_before: int  # that the version shows which readers see


async def judge_load(connection: AsyncConnection, upload: UploadRecord, findings: Sequence[Finding]) -> Judged | None:
    """Keeps what the load of all chunks found. None where a guard stops the upload, which is FAILED then."""
    loaded = await _loaded(connection, upload)
    if (stop := guard_loaded(loaded)) is not None:
        await keep_findings(connection, upload.id, "load", merge_findings([stop], findings))
        await end_upload(connection, upload.id, "FAILED", _as_error(stop, upload.id))
        return None
    told = [*findings, *tell_emptied(loaded)]
    if told or "load" in upload.findings:  # else nothing would be replaced by nothing
        await keep_findings(connection, upload.id, "load", told)
        upload = structs.replace(upload, findings=upload.findings | by_stage("load", told))
    return Judged(upload, loaded.rows_before)


async def _loaded(connection: AsyncConnection, upload: UploadRecord) -> Loaded:
    guards, rows_before = await standing_of(connection, upload)
    return Loaded(
        mode=upload.mode,
        records=upload.records or 0,
        rows=upload.rows,
        rejects=upload.rejects,
        rows_before=rows_before,
        options=upload.options,
        dataset_max_rejects=guards.max_rejects,
    )


def _as_error(finding: Finding, upload_id: str) -> UploadError:
    if finding.code != "many-rejects":
        return UploadError(type=finding.code, detail=finding.message)
    detail = f"{finding.message} /api/uploads/{upload_id}/rejects.csv has them, ready to be mended."
    return UploadError(type="too-many-rejects", detail=detail)
