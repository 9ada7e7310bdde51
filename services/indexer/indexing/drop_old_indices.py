"""Drops the indices that an older Rowmill has left: after the upgrade nobody reads them."""

from backbone.catalog.datasets import lock_table_with_old_index, mark_documents
from backbone.postgres.engine import transaction
from services.indexer.stores import Stores


async def drop_old_indices(stores: Stores) -> None:
    """Repeatable. One by one, each under its table's lock, so that no upload makes the index of today meanwhile. Raises `Unavailable`."""
    while True:
        async with transaction(stores.engine) as connection:
            table = await lock_table_with_old_index(connection)
            if table is None:
                return
            if stores.index.keeps_documents:  # else its index is one on the rows, which each publish brings up to date
                await stores.index.drop(table)
            await mark_documents(connection, table, "none")
