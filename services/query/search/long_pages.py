"""Pages of rows that may be long: cut by their bytes, and few at once, so that no request takes more memory than a process has.

What is long is known before anything is read: the catalog knows how long the longest row of a dataset may be. Pages that are short in any
case, which nearly all are, go the short way.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec import structs

from backbone.errors import Busy
from backbone.model import Column, View
from backbone.postgres.columns_sql import json_key
from backbone.query.ast import Search
from backbone.rows.page_values import PageValues
from backbone.runtime.request_record import request_record
from backbone.search.port import Page

PAGE_BYTES_MAX: Final = 8 * 1024 * 1024
AT_ONCE: Final = 2  # until each is sent
WAIT_S: Final = 10.0
ESCAPED_BYTES_MAX: Final = 6  # of one character in JSON: \\u0000


def may_be_long(view: View, columns: Sequence[Column], rows: int, bytes_max: int = PAGE_BYTES_MAX) -> bool:
    """Whether so many rows could take more."""
    keys = sum(len(json_key(column.name)) * 2 for column in columns)
    return rows * (keys + view.longest_row * ESCAPED_BYTES_MAX) > bytes_max


@dataclass(frozen=True)
class LongPages:
    values: PageValues
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def take_turn(self) -> None:
        """Until the request is answered. Raises `Busy`."""
        record = request_record()
        if record is None or self.turns.release in record.on_end:  # it reads again, for its version went meanwhile
            return
        try:
            async with asyncio.timeout(WAIT_S):
                await self.turns.acquire()
        except TimeoutError:
            raise Busy("too-many-long-pages", f"{AT_ONCE} pages of long rows are under way. Try again in a moment.") from None
        record.on_end.append(self.turns.release)

    async def fill(self, page: Page, view: View, search: Search, columns: Sequence[Column], bytes_max: int | None) -> Page:
        """With values in these columns, and without the rows that there is no room for: those farthest from where the page begins."""
        is_backward = search.backward and search.after is not None
        hits = page.hits[::-1] if is_backward else page.hits
        rows = [hit.row for hit in hits]
        values = await self.values.read(view, rows, columns, bytes_max or PAGE_BYTES_MAX, at_least_one=bytes_max is None)
        shown = tuple(structs.replace(hit, values=values[hit.row]) for hit in hits if hit.row in values)
        is_cut = len(shown) < len(hits)
        return structs.replace(page, hits=shown[::-1] if is_backward else shown, more=page.more or is_cut)
