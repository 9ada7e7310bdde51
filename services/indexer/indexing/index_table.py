"""Puts all rows of a table into its search index, ready for readers."""

from backbone.model import ROWS_FROM, ROWS_TO, Table
from services.indexer.indexing.put_documents import put_documents
from services.indexer.stores import Stores


async def index_table(stores: Stores, table: Table, version: int) -> None:
    """`version` is the newest that is wholly there. Repeatable. Raises `Rejected` when a document is refused, `Unavailable`."""
    if stores.keeps_documents(table):
        await stores.index.create(table)
        await put_documents(stores.index, table, stores.rows.documents(table, ROWS_FROM, ROWS_TO))
        await stores.index.refresh(table)
    await stores.index.optimize(table, version)
