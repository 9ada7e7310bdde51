"""Creates or rebuilds a dataset's search index from PostgreSQL, which is the truth about rows."""

from collections.abc import Callable

from sqlalchemy import select

from backbone.adapters.database import transaction
from backbone.books.datasets import dataset_row, read_view
from backbone.books.tables import row_tables
from backbone.errors import Rejected
from backbone.wiring import Backbone
from services.indexer.index_chunk import put_chunk


async def rebuild(backbone: Backbone, dataset: str, on_progress: Callable[[int], None] = lambda _: None) -> int:
    """Puts every row of the current table into a fresh index and returns the number of documents that readers see.

    The index is dropped first, so searches find nothing until it is done. Raises `Rejected` when the counts differ afterwards.
    """
    async with transaction(backbone.engine) as connection:
        await dataset_row(connection, dataset)
        view = await read_view(connection, dataset)
        chunks = (await connection.execute(select(row_tables.c.next_chunk).where(row_tables.c.id == view.table.id))).scalar_one()
    await backbone.index.drop(view.table)
    await backbone.index.create(view.table)
    for number in range(chunks):
        on_progress(await put_chunk(backbone, view.table, number))
    await backbone.index.refresh(view.table)
    await backbone.index.settle(view.table)
    rows, documents = await backbone.rows.count_visible(view), await backbone.index.count(view)
    if rows != documents:
        raise Rejected(
            "out-of-balance", f"After the rebuild of {dataset} the index shows {documents} documents for {rows} rows. Run it again."
        )
    return documents
