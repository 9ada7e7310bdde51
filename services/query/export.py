"""Exports a view as CSV: header and records as they stood in the file, streamed, all rows of one version."""

import csv
import io
from collections.abc import AsyncIterator

from backbone.adapters.database import transaction
from backbone.books.datasets import read_view
from backbone.model import View
from backbone.wiring import Backbone


async def open_view(backbone: Backbone, dataset: str, version: int | None) -> View:
    async with transaction(backbone.engine) as connection:
        return await read_view(connection, dataset, version)


async def csv_of(backbone: Backbone, view: View) -> AsyncIterator[bytes]:
    header = io.StringIO()
    csv.writer(header, lineterminator="\n").writerow([column.title for column in view.table.columns])
    yield header.getvalue().encode()
    async for block in backbone.rows.csv_records(view):
        yield block
