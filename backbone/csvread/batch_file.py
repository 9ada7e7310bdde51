"""The file that rows which were sent as such are kept as: CSV in which a text may be empty without being null, with its borders known from the
writing. Pure."""

from collections.abc import Iterable, Sequence
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


class BatchWriter:
    """Writes such a file record by record. `null`: a text that no value is. `beside`: titles of last columns that are no data."""

    def __init__(self, columns: Sequence[Column], null: str, chunk_bytes: int, beside: Sequence[str] = ()) -> None:
        self.dialect = Dialect(null=null, keeps_empty=True, sent_rows=True, left_out=len(beside))
        self.header = _record([*(column.name for column in columns), *beside], null)
        self.records = 0
        self._columns = columns
        self._chunk_bytes = chunk_bytes
        self._rows_max = max(1, CELLS_PER_CHUNK // (len(columns) + len(beside)))
        self._chunks: list[Chunk] = []
        self._begin, self._length, self._in_chunk = len(self.header), 0, 0
        self._first_line, self._lines = 2, 0
        self._nulls = [0] * len(columns)
        self._longest = [0] * len(columns)

    def add(self, row: Sequence[str | None], beside: Sequence[str] = ()) -> tuple[bytes, tuple[int, int]]:
        """The record's bytes, and where it stands: the chunk, and the position in it."""
        record = _record([*row, *beside], self.dialect.null)
        if self._in_chunk and (self._in_chunk == self._rows_max or self._length + len(record) > self._chunk_bytes):
            self._close()
        for index, text in enumerate(row):
            if text is None:
                self._nulls[index] += 1
            else:
                self._longest[index] = max(self._longest[index], len(text))
        where = (len(self._chunks), self._in_chunk)
        self._in_chunk += 1
        self._length += len(record)
        self._lines += _line_ends(record)
        self.records += 1
        return record, where

    def chunks(self) -> tuple[Chunk, ...]:
        """Once all is written."""
        if self._in_chunk or not self._chunks:
            self._close()
        return tuple(self._chunks)

    def profile(self) -> list[dict[str, Any]]:
        return [
            {"name": column.name, "type": column.type, "nulls": nulls, "longest": longest}
            for column, nulls, longest in zip(self._columns, self._nulls, self._longest, strict=True)
        ]

    def _close(self) -> None:
        self._chunks.append(
            Chunk(
                number=len(self._chunks),
                offset=self._begin,
                length=self._length,
                records=self._in_chunk,
                first_record=self.records - self._in_chunk + 1,
                first_line=self._first_line,
                clean=True,
            )
        )
        self._begin, self._first_line = self._begin + self._length, self._first_line + self._lines
        self._length, self._in_chunk, self._lines = 0, 0, 0


def write_batch(columns: Sequence[Column], rows: Sequence[Sequence[str | None]], chunk_bytes: int) -> BatchFile:
    """The header has the columns' names, which no two columns share."""
    writer = BatchWriter(columns, null_text(text for row in rows for text in row), chunk_bytes)
    written = [writer.add(row) for row in rows]
    return BatchFile(
        content=writer.header + b"".join(record for record, _ in written),
        dialect=writer.dialect,
        chunks=writer.chunks(),
        profile=writer.profile(),
        places=tuple(where for _, where in written),
    )


def null_text(texts: Iterable[str | None]) -> str:
    """One that none of these is."""
    taken = {text for text in texts if text is not None and text.startswith(NULL)}
    return next(text for text in (NULL, *(f"{NULL}{number}" for number in range(len(taken) + 1))) if text not in taken)


def _record(fields: Sequence[str | None], null: str) -> bytes:
    return (",".join(null if text is None else '"' + text.replace('"', '""') + '"' for text in fields) + "\n").encode()


def _line_ends(record: bytes) -> int:
    return record.count(b"\n") + record.count(b"\r") - record.count(b"\r\n")
