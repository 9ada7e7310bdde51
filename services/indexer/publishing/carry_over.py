"""What a new version does to older rows, carried to the index before it is published: rows that an upsert replaced get their `_until`,
and the index of a retyped table, or of one that was small until now, gets the rows of before."""

from backbone.catalog.uploads import UploadRecord
from backbone.lifecycle.end_upload import row_range
from backbone.model import Table
from services.indexer.indexing.put_documents import put_documents
from services.indexer.stores import Stores


async def carry_over(stores: Stores, upload: UploadRecord, table: Table) -> None:
    """Repeatable. Readers do not notice: what changes is of a version that they do not see yet. Raises `Rejected`, `Unavailable`."""
    if not stores.keeps_documents(table):
        return
    assert upload.version is not None
    if upload.copied_from is not None or table.documents == "coming":
        await stores.index.create(table)  # of an upload without records nothing has been indexed yet
        first, _ = row_range(upload)
        await put_documents(stores.index, table, stores.rows.documents(table, 0, first))
    elif upload.superseded:
        await put_documents(stores.index, table, stores.history.superseded_documents(table, upload.version, as_visible=False))
