"""The file that a batch of edits is kept as: CSV in which a text may be empty without being null, with its borders known from the writing. Pure."""

from collections.abc import Sequence
from itertools import count
from typing import Any, Final

from msgspec import Struct

from backbone.model import Chunk, Column, Dialect

NULL: Final = "\\N"
CELLS_PER_CHUNK: Final = 400_000  # as of a file that was scanned: a cell costs a parser about 100 bytes, however short it is


class BatchFile(Struct, frozen=True, kw_only=True):
    content: bytes
    dialect: Dialect
    chunks: tuple[Chunk, ...]
    profile: list[dict[str, Any]]  # as that of a scan, as far as it says something of so few rows
    places: tuple[tuple[int, int], ...]  # of each row: the chunk, and the position in it


def write_batch(columns: Sequence[Column], rows: Sequence[Sequence[str | None]], chunk_bytes: int) -> BatchFile:
    """The header has the columns' names, which no two columns share."""
    null = _null_text(rows)
    header = _record([column.name for column in columns], null)
    records = [_record(row, null) for row in rows]
    chunks, places = _chunks(records, len(header), len(columns), chunk_bytes)
    return BatchFile(
        content=header + b"".join(records),
        dialect=Dialect(null=null, keeps_empty=True),
        chunks=tuple(chunks),
        profile=[_profile(column, [row[index] for row in rows]) for index, column in enumerate(columns)],
        places=tuple(places),
    )


def _null_text(rows: Sequence[Sequence[str | None]]) -> str:
    """One that no value is."""
    taken = {text for row in rows for text in row if text is not None and text.startswith(NULL)}
    return next(text for text in (NULL, *(f"{NULL}{number}" for number in range(len(taken) + 1))) if text not in taken)


def _record(fields: Sequence[str | None], null: str) -> bytes:
    return (",".join(null if text is None else '"' + text.replace('"', '""') + '"' for text in fields) + "\n").encode()


def _chunks(records: Sequence[bytes], begin: int, width: int, chunk_bytes: int) -> tuple[list[Chunk], list[tuple[int, int]]]:
    chunks: list[Chunk] = []
    places: list[tuple[int, int]] = []
    rows_max = max(1, CELLS_PER_CHUNK // width)
    first, line = 0, 2
    for number in count():
        last, length = first, 0
        while last < len(records) and last - first < rows_max and (last == first or length + len(records[last]) <= chunk_bytes):
            length += len(records[last])
            last += 1
        chunks.append(
            Chunk(number=number, offset=begin, length=length, records=last - first, first_record=first + 1, first_line=line, clean=True)
        )
        places += [(number, position) for position in range(last - first)]
        begin, line = begin + length, line + sum(map(_line_ends, records[first:last]))
        first = last
        if first == len(records):
            return chunks, places
    raise AssertionError("the rows end")


def _line_ends(record: bytes) -> int:
    return record.count(b"\n") + record.count(b"\r") - record.count(b"\r\n")


def _profile(column: Column, values: Sequence[str | None]) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": column.type,
        "nulls": sum(value is None for value in values),
        "longest": max((len(value) for value in values if value is not None), default=0),
    }
