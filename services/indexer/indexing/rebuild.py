"""Creates or rebuilds a dataset's search indices from PostgreSQL, which is the truth about rows."""

import msgspec

from backbone.catalog.datasets import dataset_row, mark_documents, mark_shards, mark_words_rule, read_view
from backbone.catalog.inventory import read_inventory
from backbone.errors import Rejected
from backbone.model import ROWS_FROM, ROWS_TO
from backbone.postgres.engine import transaction
from backbone.rows.shards import Size
from services.indexer.indexing.index_table import index_table
from services.indexer.stores import Stores


async def rebuild(stores: Stores, dataset: str) -> int:
    """Makes the index of each table anew that a kept version lives in, and returns the number of documents that readers see. Tables that have none
    because an upgrade took it away get one, if they are not small. Each has as many shards as its rows need today.

    The index is dropped first, so searches find nothing until it is done; where there was none they go on in the rows. Raises `NotFound`,
    `Rejected` when the counts differ afterwards.
    """
    async with transaction(stores.engine) as connection:
        view = await read_view(connection, dataset)
        inventory = await read_inventory(connection, dataset)
        longest_row = (await dataset_row(connection, dataset))["longest_row"]
    is_small = stores.rows.is_small(await stores.rows.count_visible(view), longest_row)
    for held in inventory.tables:
        rows = await stores.rows.count_rows(held.table, ROWS_FROM, ROWS_TO)
        await stores.index.drop(held.table)
        # Before the documents: an index that is half made finds too little in either case, one that is read by another rule always would.
        async with transaction(stores.engine) as connection:
            table = await mark_words_rule(connection, held.table)
            size_bytes = (await stores.rows.size(connection, table)).size_bytes
            table = await mark_shards(connection, table, stores.rows.shards_for(Size(rows, size_bytes)))
        comes_anew = stores.index.keeps_documents and not table.takes_documents and not is_small
        await index_table(stores, msgspec.structs.replace(table, documents="there") if comes_anew else table, view.version)
        if comes_anew:
            async with transaction(stores.engine) as connection:
                await mark_documents(connection, table, "there")
    async with transaction(stores.engine) as connection:
        view = await read_view(connection, dataset)
    rows, documents = await stores.rows.count_visible(view), await stores.index.count(view)
    if rows != documents:
        raise Rejected(
            "out-of-balance", f"After the rebuild of {dataset} the index shows {documents} documents for {rows} rows. Run it again."
        )
    return documents
