"""SearchIndex: finds rows of a view. PostgreSQL stays the truth about rows; an index can be rebuilt from it at any time."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import Final, Literal, Protocol

import msgspec
from msgspec import Struct

from backbone.model import StoredRow, Table, View
from backbone.query.ast import Facet, Search
from backbone.query.typos import SimilarWord

TOTAL_EXACT_MAX: Final = 10_000  # rows found; more are told as a lower bound, unless the search wants them exact
NARROWED_ROWS_MAX: Final = 100_000  # beyond, the table is read: of so many numbers PostgreSQL makes a plan that is no faster
FACET_BYTES_MAX: Final = 256 * 1024  # of the values of one facet, as JSON: where they are very long, it has fewer


class Hit(Struct, frozen=True, kw_only=True):
    """One row found. `values` is a JSON object, column name to value, every column present, digits of numbers as they were; empty where
    only keys were asked for.

    `position` is the row's place in the search's order, and what the index need not find out again (the total): handed back as
    `Search.after`, the page behind it follows, or the page before it.
    """

    row: int
    values: msgspec.Raw
    position: tuple[str | int | float | bool | None, ...]
    score: float | None = None  # with `Search.text` only; comparable within one search


class Total(Struct, frozen=True):
    value: int
    relation: Literal["eq", "gte"] = "eq"


class Page(Struct, frozen=True, kw_only=True):
    hits: tuple[Hit, ...]
    total: Total  # exact up to `TOTAL_EXACT_MAX`
    more: bool  # whether a page follows, in the direction of the search


class FacetCount(Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"low": "from", "high": "to"}):
    """Rows with this `value` (JSON), or from `low` (included) to `high` (not included), in the column's own form."""

    value: msgspec.Raw | None = None
    low: str | None = None
    high: str | None = None
    count: int


def within_bytes(counts: Iterable[FacetCount]) -> tuple[FacetCount, ...]:
    """The first of them, until their values have `FACET_BYTES_MAX`."""
    kept: list[FacetCount] = []
    left = FACET_BYTES_MAX
    for count in counts:
        left -= len(bytes(count.value)) if count.value is not None else 0
        if left < 0:
            break
        kept.append(count)
    return tuple(kept)


def range_count(facet: Facet, number: int, count: int) -> FacetCount:
    """Of the range before the first bound (0), between two, or behind the last."""
    low = facet.bounds[number - 1] if number > 0 else None
    high = facet.bounds[number] if number < len(facet.bounds) else None
    return FacetCount(low=low, high=high, count=count)


class SearchIndex(Protocol):
    keeps_documents: bool
    """Whether it holds copies of the rows. One that searches the rows themselves needs no documents: then `put` is never called."""

    async def create(self, table: Table) -> None:
        """Makes the table's index ready to take documents. It exists already: not an error. Raises `Unavailable`."""
        ...

    async def put(self, table: Table, documents: bytes) -> Mapping[str, str]:
        """Adds or overwrites documents, as `RowStore.documents` gives them; returns the refused: document id to reason.

        Empty when all are in. They are found after `refresh`. Raises `Unavailable`, and then any of them may be in.
        """
        ...

    async def delete(self, table: Table, ids: bytes) -> None:
        """Removes documents, by ids as `RowStore.document_ids` gives them, for readers after `refresh`. One that is not there is not an
        error. Raises `Unavailable`, and then any of them may be gone."""
        ...

    async def refresh(self, table: Table) -> None:
        """Makes everything put so far findable. Raises `Unavailable`."""
        ...

    async def count(self, view: View) -> int:
        """Documents visible in the view, counted by the engine. Raises `Unavailable`."""
        ...

    async def count_rows(self, table: Table, first_row: int, last_row: int) -> int:
        """Documents with `first_row <= _row < last_row`, visible or not. Raises `NotFound` without an index, `Unavailable`."""
        ...

    def documents(self, table: Table, first_row: int, last_row: int) -> AsyncGenerator[list[StoredRow], None]:
        """The same documents as they were put, by `_row`, in blocks of about a MiB, all of one moment. Raises as `count_rows`."""
        ...

    async def optimize(self, table: Table, version: int, *, in_background: bool = False) -> None:
        """Work that makes searches fast and may run while readers search, of a version whose rows, and those of older versions, are all there.
        `in_background`: nobody waits for it, so that it gives way. Repeatable. Raises `Unavailable`."""
        ...

    async def search(self, view: View, search: Search) -> Page:
        """One page. Raises `BadRequest` where the index cannot answer this search, `NotFound` without an index, `Unavailable`."""
        ...

    async def narrow(self, view: View, search: Search) -> Search:
        """A search that finds the same rows, in whatever order, for whoever goes through them in PostgreSQL: `among` numbers of rows where the
        index finds some of its parts faster than the rows do, and they are not too many; else, and where the index
        does not answer, as it is."""
        ...

    async def search_many(self, searches: Sequence[tuple[View, Search]]) -> list[Page | None]:
        """The first page of each, in few requests. None where one cannot be answered together with others: it is asked for by itself, and
        told then what stands in the way. Raises `TooSlow`, `Unavailable`."""
        ...

    async def facets(self, view: View, search: Search, facets: Sequence[Facet]) -> list[tuple[FacetCount, ...]]:
        """For each facet its counts over all rows that the search finds, exact. Values by count and then value, in `FACET_BYTES_MAX`;
        ranges in their order and the empty ones too; rows without a value are in none. Raises as `search`."""
        ...

    async def similar_words(self, view: View, word: str, within_s: float | None = None) -> list[SimilarWord]:
        """Words in the view's rows, in the first 50,000 at least, that may be meant by `word` (`backbone.query.typos`), itself among them if
        it is there: the nearest first, then those in most rows. Raises `TooSlow`, after `within_s` seconds where it is given; else as `search`."""
        ...

    async def typos_within(self, view: View) -> int | None:
        """The rows, the first ones, that `similar_words` looks through; None: all. Raises `Unavailable`."""
        ...

    async def drop(self, table: Table) -> None:
        """Removes the index. A missing index is not an error. Raises `Unavailable`."""
        ...

    async def check(self) -> None:
        """Returns when the engine answers, else raises `Unavailable`."""
        ...

    async def close(self) -> None: ...
