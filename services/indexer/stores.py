"""What the indexer works on: rows in PostgreSQL, and their documents in the search index."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.model import Table
from backbone.rows.audit import RowAudit
from backbone.rows.history import RowHistory
from backbone.rows.store import RowStore
from backbone.search.port import SearchIndex
from backbone.wiring import Backbone


@dataclass(frozen=True)
class Stores:
    engine: AsyncEngine
    rows: RowStore
    history: RowHistory
    audit: RowAudit
    index: SearchIndex

    def keeps_documents(self, table: Table) -> bool:
        """Whether the index is to have documents of this table's rows. Else the rows are searched as they lie."""
        return self.index.keeps_documents and table.takes_documents


def stores_of(backbone: Backbone) -> Stores:
    return Stores(backbone.engine, backbone.rows, backbone.history, backbone.audit, backbone.index)
