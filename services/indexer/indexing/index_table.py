"""Puts all rows of a table into its search index, ready for readers."""

from backbone.model import ROWS_FROM, ROWS_TO, Table
from backbone.wiring import Backbone
from services.indexer.indexing.put_documents import put_documents


async def index_table(backbone: Backbone, table: Table) -> None:
    """Repeatable. Raises `Rejected` when a document is refused, `Unavailable`."""
    if backbone.index.keeps_documents:
        await backbone.index.create(table)
        await put_documents(backbone.index, table, backbone.rows.documents(table, ROWS_FROM, ROWS_TO))
        await backbone.index.refresh(table)
    await backbone.index.optimize(table)
