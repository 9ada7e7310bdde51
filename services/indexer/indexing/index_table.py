"""Puts all rows of a table into its search index, ready for readers."""

from typing import Final

from backbone.model import Table
from backbone.wiring import Backbone
from services.indexer.indexing.put_documents import put_documents

ROWS_TO: Final = 2**63 - 1


async def index_table(backbone: Backbone, table: Table) -> None:
    """Repeatable. Raises `Rejected` when a document is refused, `Unavailable`."""
    if backbone.index.keeps_documents:
        await backbone.index.create(table)
        await put_documents(backbone.index, table, backbone.rows.documents(table, 0, ROWS_TO))
        await backbone.index.refresh(table)
    await backbone.index.optimize(table)
