"""Compares rows with rows, and counts with counts: a sentence for everything that differs. Pure."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final

import msgspec
from msgspec import Struct

from backbone.model import Column, StoredRow, Table
from backbone.rows.audit import RowPair

VALUE_CHARACTERS_SHOWN: Final = 60
NULL: Final = msgspec.Raw(b"null")


class ChunkCounts(Struct, frozen=True, kw_only=True):
    """What the catalog say of a chunk, and what was counted. `may_be_swept`: rows that no kept version shows may be gone."""

    records: int
    rows: int
    rejects: int
    in_postgres: int
    in_index: int | None  # None: there is no index to count in
    may_be_swept: bool = False


class Lens(Struct, frozen=True):
    """How two rows are looked at: which columns, and up to which version: that a row is superseded later is nobody's business yet."""

    columns: tuple[Column, ...]
    version: int | None = None  # None: `_until` must be the same, whatever it is

    def until(self, row: StoredRow) -> int | None:
        return row.until if self.version is None or row.until is None or row.until <= self.version else None


def count_differences(counts: ChunkCounts) -> list[str]:
    differences: list[str] = []
    if counts.records != counts.rows + counts.rejects:
        differences.append(f"the catalog have {counts.records} records, but {counts.rows} rows and {counts.rejects} rejects")
    is_short_by_right = counts.may_be_swept and counts.in_postgres < counts.rows
    if counts.in_postgres != counts.rows and not is_short_by_right:
        differences.append(f"the catalog have {counts.rows} rows, PostgreSQL has {counts.in_postgres}")
    if counts.in_index is not None and counts.in_index != counts.in_postgres:
        differences.append(f"PostgreSQL has {counts.in_postgres} rows, the index has {counts.in_index} documents")
    return differences


async def differing(
    rows: AsyncIterator[list[StoredRow]], documents: AsyncIterator[list[StoredRow]], lens: Lens
) -> AsyncGenerator[RowPair, None]:
    """Walks through both, which come by `_row`, and gives every row whose document is missing or other, and documents without a row.

    The documents are asked for first.
    """
    left, right = _each(rows), _each(documents)
    document, row = await anext(right, None), await anext(left, None)
    while row is not None or document is not None:
        is_stray = document is not None and (
            row is None or document.row < row.row or (document.row == row.row and document.id != str(row.row))
        )
        if is_stray:
            yield None, document
            document = await anext(right, None)
        elif document is None or (row is not None and row.row < document.row):
            yield row, None
            row = await anext(left, None)
        else:
            assert row is not None
            if not is_same(row, document, lens):
                yield row, document
            row, document = await anext(left, None), await anext(right, None)


async def _each(blocks: AsyncIterator[list[StoredRow]]) -> AsyncIterator[StoredRow]:
    async for block in blocks:
        for row in block:
            yield row


def is_same(row: StoredRow, document: StoredRow, lens: Lens) -> bool:
    if row.since != document.since or lens.until(row) != lens.until(document):
        return False
    return bytes(row.values) == bytes(document.values) or not differing_columns(row, document, lens.columns)


def differing_columns(one: StoredRow, other: StoredRow, columns: tuple[Column, ...]) -> list[tuple[str, str, str]]:
    """Name and both values as JSON. A column that was added after a document was made is null in it."""
    values = [msgspec.json.decode(row.values, type=dict[str, msgspec.Raw]) for row in (one, other)]
    names = dict.fromkeys([column.name for column in columns] + [name for cells in values for name in cells])
    pairs = [(name, *(_canonical(cells.get(name, NULL)) for cells in values)) for name in names]
    return [(name, left, right) for name, left, right in pairs if left != right]


def _canonical(value: msgspec.Raw) -> str:
    """Numbers keep the digits they are written with; texts may be escaped in more than one way."""
    text = bytes(value).strip()
    return msgspec.json.encode(msgspec.json.decode(text)).decode() if text.startswith(b'"') else text.decode()


def tell_rows(one: StoredRow | None, other: StoredRow | None, places: tuple[str, str], lens: Lens) -> str:
    """One sentence about a row that is not the same in two places, such as `("PostgreSQL", "the index")`."""
    if one is None or other is None:
        here, there = places if other is None else places[::-1]
        return f"{here} has it, {there} does not"
    if one.since != other.since:
        return f"it came in version {one.since} by {places[0]}, {other.since} by {places[1]}"
    if lens.until(one) != lens.until(other):
        said = ["not superseded" if until is None else f"superseded in version {until}" for until in (lens.until(one), lens.until(other))]
        return f"it is {said[0]} by {places[0]}, {said[1]} by {places[1]}"
    values = [
        f"column {name} is {_shown(left)} in {places[0]}, {_shown(right)} in {places[1]}"
        for name, left, right in differing_columns(one, other, lens.columns)
    ]
    return "; ".join(values)


def _shown(value: str) -> str:
    return value if len(value) <= VALUE_CHARACTERS_SHOWN else value[:VALUE_CHARACTERS_SHOWN] + "…"


def lens_of(table: Table, version: int | None = None) -> Lens:
    return Lens(table.columns, version)
