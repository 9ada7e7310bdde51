"""A FAILED upload goes back into the queue, to be loaded again from its stored file.

All of it: what the first try had loaded was removed when it failed, because the next upload of the dataset could not have started over
its traces (`docs/decisions/0017`). It gets a new version, and new `_row` numbers, as if it had just come in.
"""

from typing import Any, Final

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.audit import note_upload
from backbone.catalog.schema import chunks, rejects
from backbone.catalog.uploads import shown_row, step
from backbone.errors import Conflict

_BLANK: Final[dict[str, Any]] = {
    **dict.fromkeys(("rows", "rejects", "indexed", "chunks_loaded", "chunks_indexed"), 0),
    **dict.fromkeys(("version", "table_id", "first_chunk", "stage", "balance", "error", "cleaned_at", "completed_at")),
    **dict.fromkeys(("inserted", "updated", "unchanged", "duplicates", "superseded", "removed", "copied_from")),
    **dict.fromkeys(("started_at", "loaded_at", "merged_at", "indexed_at")),
}


async def is_clean(connection: AsyncConnection, upload_id: str) -> bool:
    """Whether the traces of what it loaded are gone, or there were none. Raises `NotFound`."""
    row = await shown_row(connection, upload_id)
    return row["state"] != "FAILED" or row["version"] is None or row["cleaned_at"] is not None


async def requeue(connection: AsyncConnection, upload_id: str) -> int:
    """FAILED to PENDING; returns the id of the dataset whose queue it stands in. Raises `Conflict`, `NotFound`.

    Chunks first: a load of the first try that is still at one holds its row until it has noticed that the upload ended. Afterwards
    it could not tell the second try from the first.
    """
    row = await shown_row(connection, upload_id)
    if row["state"] == "FAILED" and row["sha256"] is None:
        raise Conflict("no-file-kept", f"Upload {upload_id} failed before its file was whole; nothing was kept of it. Send the file again.")
    blank = {"state": "PLANNED", "rows": None, "rejects": None, "indexed": None, "error": None}
    await connection.execute(update(chunks).where(chunks.c.upload_id == upload_id).values(blank))
    await step(connection, upload_id, "PENDING", origin="FAILED", **_BLANK)
    await connection.execute(delete(rejects).where(rejects.c.upload_id == upload_id))
    await note_upload(connection, "upload.retried", upload_id)
    return int(row["dataset_id"])
