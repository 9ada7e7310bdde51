"""RowExport: all rows that a search finds, as bytes, from PostgreSQL in both homes: one statement, one snapshot, whatever goes on meanwhile."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from backbone.model import Column, View
from backbone.query.ast import Extract


class DecimalSize(Struct, frozen=True):
    """The most digits that any value of a column has before the point and behind it."""

    whole: int = 1
    fraction: int = 0


class RowExport(Protocol):
    """The streams hold a few blocks of about a MiB, however many rows there are, and sort on PostgreSQL's disk. The same view and extract
    give the same bytes. Raise `Unavailable`; whoever stops early closes the iterator."""

    def csv_records(self, view: View, extract: Extract) -> AsyncIterator[bytes]:
        """CSV records with LF behind each, without a header; blocks end with a record."""
        ...

    def json_lines(self, view: View, extract: Extract) -> AsyncIterator[bytes]:
        """A JSON object a line, as `Hit.values`; blocks end with a line."""
        ...

    async def decimal_sizes(self, view: View, columns: Sequence[Column]) -> Mapping[str, DecimalSize]:
        """By name, of columns of decimals, over all rows of the view."""
        ...
