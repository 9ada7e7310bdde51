"""What becomes of an upload whose rows are all in place, and their documents where there are some: its version is published, or held, when the
balance holds; else it has failed. In the caller's transaction."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.dataset_guards import guards_of
from backbone.catalog.datasets import mark_documents
from backbone.catalog.findings import all_findings
from backbone.catalog.uploads import UploadRecord, merges_rows, set_values, step
from backbone.catalog.versions import keep_rows_of
from backbone.findings import has_warning
from backbone.lifecycle.end_upload import UploadError, end_upload
from backbone.lifecycle.publish import publish_version
from backbone.model import Balance, Table
from backbone.rows.store import RowStore


def rows_expected(upload: UploadRecord, rows_before: int) -> int:
    """That its version is to show, by the catalog: what the upload brought, and the `rows_before` that the published one shows, which are there
    in the new one too but for what `replace` leaves behind."""
    return (0 if upload.mode == "replace" else rows_before) + _rows_added(upload)


def _rows_added(upload: UploadRecord) -> int:
    if not merges_rows(upload):
        # Without a file of its own, as one that gives columns other types: rejects of earlier files that have become rows.
        return upload.rows + (upload.inserted or 0) - (upload.superseded or 0)
    brought = (upload.inserted or 0) + (upload.updated or 0) - (upload.superseded or 0)
    return brought + (upload.unchanged or 0) if upload.mode == "replace" else brought  # an upsert leaves equal rows where they are


async def publish_balanced(
    connection: AsyncConnection,
    rows: RowStore,
    upload: UploadRecord,
    table: Table,
    balance: Balance,
    wrong: Sequence[str],
    **values: Any,
) -> str | None:
    """`wrong`: a sentence for everything that does not add up. `values` are set with the upload's new state. The caller has locked the dataset's
    row, and that before the upload's, as who removes the dataset does. The id of the upload behind it, where that was started. Raises `Conflict`
    where the upload is no longer PROCESSING."""
    if wrong:
        if values:
            await set_values(connection, upload.id, **values)
        detail = f"The balance does not hold, so the version was not published: {'; '.join(wrong)}. Upload the file again."
        await end_upload(connection, upload.id, "FAILED", UploadError(type="out-of-balance", detail=detail))
        return None
    assert upload.dataset_id is not None and upload.version is not None
    if table.documents == "coming":
        await mark_documents(connection, table, "there")
    values |= {"balance": msgspec.to_builtins(balance)}
    if upload.hold or await _is_doubtful(connection, upload):
        await keep_rows_of(connection, upload.dataset_id, upload.version, balance.visible_rows)
        await step(connection, upload.id, "HELD", stage=None, **values)
        return None
    return await publish_version(connection, rows, upload, shows=balance.visible_rows, **values)


async def _is_doubtful(connection: AsyncConnection, upload: UploadRecord) -> bool:
    if not has_warning(all_findings(upload.findings)):
        return False
    return upload.options.get("on_warning") == "hold" or (await guards_of(connection, upload)).on_warning == "hold"
